// How to log in: which methods are tried in which order. With connector.ts the only place where a Secret is opened.
import type { AnyAuthMethod, AuthenticationType, ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import type { Secret } from '../secret.ts';
import type { NodeTarget } from './types.ts';
import { FleetError } from './types.ts';

// Deriving a key from its passphrase holds the event loop for up to half a second: once per key, not once per connection.
const parsed = new WeakMap<Secret, { passphrase: string | undefined; key: ParsedKey }>();

function parseKey(privateKey: Secret, passphrase: Secret | undefined): ParsedKey {
  const words = passphrase?.reveal();
  const known = parsed.get(privateKey);
  if (known && known.passphrase === words) return known.key;
  const result = ssh2.utils.parseKey(privateKey.reveal(), words);
  const key = Array.isArray(result) ? result[0] : result;
  // ssh2's message may quote what it read: it goes nowhere.
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) {
    throw new FleetError(
      'BAD_CREDENTIAL',
      'The private key cannot be read. Check that it is whole, and its passphrase.',
    );
  }
  parsed.set(privateKey, { passphrase: words, key });
  return key;
}

/** Answers once, and only what is clearly a question for the password: exactly one hidden prompt. */
function keyboard(username: string, password: string): AnyAuthMethod {
  let answered = false;
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _lang, prompts, finish) => {
      const asked = !answered && prompts.length === 1 && prompts[0]?.echo !== true;
      answered ||= asked;
      finish(asked ? [password] : []);
    },
  };
}

type Tried = Set<AuthenticationType>;

/**
 * ssh2's authHandler. It first asks the server what it takes, so that a wrong password is sent once and not once per method:
 * servers count failures and lock accounts. Throws BAD_CREDENTIAL for a key that cannot be read.
 */
export function loginMethods(target: NodeTarget): (allowed: AuthenticationType[] | null) => AnyAuthMethod | false {
  const { username } = target;
  const key = target.privateKey && parseKey(target.privateKey, target.passphrase);
  const password = target.password?.reveal();
  const tried: Tried = new Set();
  const method = (allowed: AuthenticationType[]): AnyAuthMethod | undefined => {
    const may = (type: AuthenticationType) => allowed.includes(type) && !tried.has(type);
    if (key && may('publickey')) return { type: 'publickey', username, key };
    if (password === undefined) return undefined;
    if (may('password')) return { type: 'password', username, password };
    if (may('keyboard-interactive') && !tried.has('password')) return keyboard(username, password);
    return undefined;
  };
  return (allowed) => {
    const next: AnyAuthMethod | undefined = allowed === null ? { type: 'none', username } : method(allowed);
    if (next === undefined) return false;
    tried.add(next.type);
    return next;
  };
}

const sameSecret = (a: Secret | undefined, b: Secret | undefined) => a === b || a?.reveal() === b?.reveal();

/** Whether both log in to the same place as the same user with the same credentials. Pins are not compared. */
export function sameLogin(a: NodeTarget, b: NodeTarget): boolean {
  if (a.host !== b.host || a.port !== b.port || a.username !== b.username) return false;
  return Boolean(
    sameSecret(a.password, b.password) &&
      sameSecret(a.privateKey, b.privateKey) &&
      sameSecret(a.passphrase, b.passphrase),
  );
}
