import { createHash } from 'node:crypto'
import type { Modality } from '../plugin.ts'

/**
 * Simulated templates: 512 bits that a person's seed gives for each finger, eye or face. Two captures of one finger differ in a few
 * bits, those of two people in about half, as real templates are never equal and yet tell people apart.
 */
export type Template = Uint8Array

const BITS = 512
/** Of all bits, that two captures of the same may differ in. */
const DIFFERENT_MAX = Math.floor(BITS * 0.2)

/** How a record of ISO/IEC 19794 begins, for finger, face and iris. */
export const MAGIC: Readonly<Record<Modality, string>> = { Finger: 'FIR\0', Face: 'FAC\0', Iris: 'IIR\0' }

const FINGERS = ['Left', 'Right'].flatMap((side) =>
  ['IndexFinger', 'MiddleFinger', 'RingFinger', 'LittleFinger', 'Thumb'].map((finger) => `${side} ${finger}`),
)

/** What a person has of a modality; a face has no name. */
export const subtypesOf = (modality: Modality): readonly string[] => {
  switch (modality) {
    case 'Finger':
      return FINGERS
    case 'Iris':
      return ['Left', 'Right']
    case 'Face':
      return ['']
  }
}

export const templateOf = (seed: string, modality: Modality, subtype: string): Template =>
  createHash('sha512').update(`${seed}|${modality}|${subtype}`).digest()

/** A record as a reader makes it. */
export const asRecord = (modality: Modality, template: Template): Buffer =>
  Buffer.concat([Buffer.from(MAGIC[modality], 'latin1'), template])

/** The template of a record; throws where it is none of this modality. */
export const recordOf = (modality: Modality, record: Uint8Array): Template => {
  const bytes = Buffer.from(record)
  if (bytes.length !== 4 + BITS / 8 || bytes.toString('latin1', 0, 4) !== MAGIC[modality]) throw new TypeError('no record of this modality')
  return bytes.subarray(4)
}

const bitsIn = (byte: number): number => byte.toString(2).replaceAll('0', '').length

/** Every bit is looked at, whatever the first ones say. */
export const matches = (template: Template, seed: string, modality: Modality, subtype: string): boolean => {
  const enrolled = templateOf(seed, modality, subtype)
  return template.reduce((sum, byte, index) => sum + bitsIn(byte ^ (enrolled[index] ?? 0)), 0) <= DIFFERENT_MAX
}
