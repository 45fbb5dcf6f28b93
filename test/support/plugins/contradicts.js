/** A plugin, as a default export, whose description cannot be true. */
export default {
  describe: () => ({
    id: 'contradicts',
    version: '1',
    api: 1,
    factors: [
      { factor: 'otp', format: { kind: 'digits', lengthMin: 8, lengthMax: 6 } },
      { factor: 'otp', format: { kind: 'digits', lengthMin: 6, lengthMax: 6 } },
    ],
    channels: [],
    idTypes: [{ type: 'uin', pattern: '([0-9]', lengthMax: 10 }],
    claims: [],
    sessionSingleUse: true,
    sessionLifetimeS: 60,
  }),
  settingsSchema: { type: 'nonsense' },
  open: async () => ({}),
}
