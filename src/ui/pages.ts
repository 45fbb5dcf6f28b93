/** Every page of the person. Each is a pure function of the frame and its view. */
export { choosePage } from './choose.ts'
export { consentPage } from './consent.ts'
export { errorPage, expiredPage } from './error.ts'
export { infoPage } from './info.ts'
export { otpPage } from './otp.ts'
export { passwordPage } from './password.ts'
export { pinPage } from './pin.ts'
export { formPostPage, waitPage } from './wait.ts'
