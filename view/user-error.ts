/** Something the person can put right; its message says what to do and is shown as one line. */
export class UserError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UserError'
  }
}
