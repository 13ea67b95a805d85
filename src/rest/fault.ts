// What a dialect refuses or fails with: a status of HTTP and a sentence for people.
export class Fault extends Error {
  override readonly name = 'Fault';

  constructor(
    readonly statusCode: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const badRequest = (message: string) => new Fault(400, message);
