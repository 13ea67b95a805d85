// A node for demonstrations and tests: an SSH server on loopback that runs real commands as the current user.
import { type ChildProcess, spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { describeHostKey } from '../fleet/hostkey.ts';
import type { HostKey } from '../fleet/types.ts';
import { serveSftp } from './sftp.ts';

export interface KeyPair {
  /** OpenSSH's private format. */
  readonly private: string;
  /** One line, as in authorized_keys. */
  readonly public: string;
}

export interface DemoNodeOptions {
  /** The folder that is HOME for all commands; made if it is not there. */
  readonly home: string;
  readonly username?: string;
  /** Without a password and without a public key nobody can log in. */
  readonly password?: string;
  /** One line, as in authorized_keys. */
  readonly publicKey?: string;
  /** Asks for the password by one hidden prompt only, as some PAM configurations do; `'too'`: takes it either way. */
  readonly keyboardInteractive?: boolean | 'too';
  /** Default: 0, any free one. */
  readonly port?: number;
  /** Default: a new ed25519 key. */
  readonly hostKey?: KeyPair;
  /** Further variables for all commands. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stands before each command, as the noise of a login shell would. */
  readonly loginNoise?: string;
  /** `none`: there is no SFTP; a function gets the channel and may do with it what it likes. */
  readonly sftp?: 'none' | ((channel: ServerChannel) => void);
  /** Awaited before each piece of a file is written by SFTP. */
  readonly beforeWrite?: () => Promise<void> | void;
}

/** A new ed25519 key, locked with the passphrase if one is given. */
export function newKeyPair(passphrase?: string): KeyPair {
  for (;;) {
    const pair = passphrase
      ? ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 4 })
      : ssh2.utils.generateKeyPairSync('ed25519');
    // ssh2 1.17 drops a leading zero byte: three keys of a thousand are malformed.
    if (!(ssh2.utils.parseKey(pair.public) instanceof Error)) return pair;
  }
}

export function hostKeyOf(pair: KeyPair): HostKey {
  const key = ssh2.utils.parseKey(pair.public);
  if (key instanceof Error) throw key;
  return describeHostKey(key.getPublicSSH());
}

const equal = (a: string | Buffer, b: string | Buffer) => {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
};

/** Resolves when the server listens. */
export async function startDemoNode(options: DemoNodeOptions): Promise<DemoNode> {
  mkdirSync(options.home, { recursive: true, mode: 0o700 });
  const node = new DemoNode(options);
  await node.listen();
  return node;
}

export class DemoNode {
  readonly host = '127.0.0.1';
  readonly username: string;
  readonly home: string;
  port = 0;
  hostKey: HostKey;
  /** Set to refuse every log-in from now on. */
  refuseAuth = false;
  /** The methods of all authentication requests so far; never what was sent with them. */
  readonly authRequests: string[] = [];
  /** Connections accepted so far. */
  accepted = 0;
  readonly #sockets = new Set<Socket>();
  readonly #children = new Set<ChildProcess>();
  readonly #tcp = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  #ssh: InstanceType<typeof ssh2.Server>;
  #stalled = false;

  constructor(private readonly options: DemoNodeOptions) {
    this.username = options.username ?? 'gantry';
    this.home = options.home;
    const pair = options.hostKey ?? newKeyPair();
    this.hostKey = hostKeyOf(pair);
    this.#ssh = this.#server(pair);
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#tcp.once('error', reject).listen(this.options.port ?? 0, this.host, resolve);
    await promise;
    this.port = (this.#tcp.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Breaks all connections, as a cable or a restarted server does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Stops answering without closing anything: new connections, too, wait for ever. */
  stall(): void {
    this.#stalled = true;
    for (const socket of this.#sockets) this.#hold(socket);
  }

  /** Ends a stall. */
  resume(): void {
    this.#stalled = false;
    for (const socket of this.#sockets) {
      socket.uncork();
      socket.resume();
    }
  }

  /** Shows another host key from the next connection on, as a machine that was set up anew. */
  changeHostKey(pair: KeyPair = newKeyPair()): void {
    this.hostKey = hostKeyOf(pair);
    this.#ssh = this.#server(pair);
  }

  /** Ends the server, its connections and their shells. What keepers keep lives on: that is their purpose. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
    this.dropConnections();
    const ends = [...this.#children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.#children) this.#hangUp(child);
    await Promise.all([closed, ...ends]);
  }

  #server(pair: KeyPair): InstanceType<typeof ssh2.Server> {
    return new ssh2.Server({ hostKeys: [pair.private] }, (client) => this.#serve(client));
  }

  #accept(socket: Socket): void {
    this.accepted++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    this.#ssh.injectSocket(socket);
    if (this.#stalled) this.#hold(socket);
  }

  #hold(socket: Socket): void {
    socket.pause();
    socket.cork();
  }

  #serve(client: Connection): void {
    client.on('error', () => {});
    client.on('authentication', (context) => this.#authenticate(context));
    client.on('session', (accept) => {
      const session = accept();
      session.on('exec', (acceptExec, _reject, { command }) => this.#run(acceptExec(), command));
      const { sftp, home, beforeWrite } = this.options;
      if (typeof sftp === 'function') session.on('subsystem', (acceptChannel) => sftp(acceptChannel()));
      else if (sftp !== 'none') session.on('sftp', (acceptSftp) => serveSftp(acceptSftp(), { home, beforeWrite }));
    });
  }

  #authenticate(context: AuthContext): void {
    this.authRequests.push(context.method);
    if (this.refuseAuth || context.username !== this.username) context.reject(this.#methods());
    else if (context.method === 'keyboard-interactive' && this.options.keyboardInteractive) this.#ask(context);
    else if (this.#right(context)) context.accept();
    else context.reject(this.#methods());
  }

  #ask(context: Extract<AuthContext, { method: 'keyboard-interactive' }>): void {
    context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
      const right = answers.length === 1 && equal(answers[0] ?? '', this.options.password ?? '');
      if (right && this.options.password) context.accept();
      else context.reject(this.#methods());
    });
  }

  #right(context: AuthContext): boolean {
    if (context.method === 'publickey') return this.#rightKey(context);
    const { password, keyboardInteractive } = this.options;
    return (
      context.method === 'password' && keyboardInteractive !== true && !!password && equal(context.password, password)
    );
  }

  #methods(): ('password' | 'publickey' | 'keyboard-interactive')[] {
    const { password, publicKey, keyboardInteractive } = this.options;
    return [
      ...(publicKey ? (['publickey'] as const) : []),
      ...(password && keyboardInteractive !== true ? (['password'] as const) : []),
      ...(password && keyboardInteractive ? (['keyboard-interactive'] as const) : []),
    ];
  }

  #rightKey(context: Extract<AuthContext, { method: 'publickey' }>): boolean {
    const key = ssh2.utils.parseKey(this.options.publicKey ?? '');
    if (key instanceof Error || !equal(context.key.data, key.getPublicSSH())) return false;
    if (!context.signature || !context.blob) return true; // the client only asks whether the key would do
    return key.verify(context.blob, context.signature, context.hashAlgo) === true;
  }

  /** As sshd does it without a terminal: a session of its own, pipes, and the end of the channel is the end of the input. */
  #run(channel: ServerChannel, command: string): void {
    const noise = this.options.loginNoise ? `${this.options.loginNoise}\n` : '';
    const child = spawn('/bin/sh', ['-c', noise + command], {
      cwd: this.home,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        ...this.options.env,
        HOME: this.home,
        USER: this.username,
      },
      detached: true,
    });
    this.#children.add(child);
    for (const stream of [child.stdin, child.stdout, child.stderr, channel]) stream.on('error', () => {});
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    // Only the group of the channel: what detached itself lives on, as it does on a real node.
    channel.on('close', () => this.#hangUp(child));
    child.on('exit', (code, signal) => {
      this.#children.delete(child);
      if (signal) channel.exit(signal.replace('SIG', ''), false, '');
      else channel.exit(code ?? 0);
      channel.end();
    });
  }

  #hangUp(child: ChildProcess): void {
    child.stdin?.destroy();
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGHUP');
    } catch {
      // gone in this moment
    }
  }
}
