// Artifacts on their way to a node: once per version, whole or not at all, whatever is in them and whatever happens.
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactsOn, type Build, holdGate, makeBuild, type Tree, treeOf, wanted } from '../kit/artifact.ts';
import { afterThisTest, cleanUp, fleet, node } from '../kit/fleet.ts';
import { until } from '../kit/until.ts';

cleanUp();

const APP: Tree = { 'bin/run*': '#!/bin/sh\necho one\n', 'conf/app.ini': 'port=1\n', empty: '', nothing: null };

function build(tree: Tree, name?: string): Build {
  const made = makeBuild(tree, name);
  afterThisTest(made.remove);
  return made;
}

/** A node and a fleet that is connected to it. */
async function connected(options: Parameters<typeof node>[0] = {}) {
  const machine = await node(options);
  const test = fleet();
  const { nodeId } = await test.reach(machine.target());
  return { machine, test, nodeId };
}

describe('an artifact that is brought to a node', () => {
  it('is there as it is here: folders, empty ones, empty files, executable bits, links', async () => {
    const { machine, test, nodeId } = await connected();
    const { path } = build({ ...APP, 'bin/again': '->run', up: '->conf/../bin' });
    const it = await wanted(path);
    const there = await test.fleet.bring(nodeId, it);
    expect(there).toBe(join(machine.folder, 'artifacts', it.hash, 'app'));
    expect(treeOf(there)).toEqual(treeOf(path));
    expect(artifactsOn(machine)).toEqual([it.hash]);
  });

  it('may be a single file, or an empty folder', async () => {
    const { test, nodeId } = await connected();
    const { path } = build({ 'tool*': 'x', none: null });
    const file = await test.fleet.bring(nodeId, await wanted(join(path, 'tool')));
    expect(file).toMatch(/\/artifacts\/[0-9a-f]{64}\/tool$/);
    expect(readFileSync(file, 'utf8')).toBe('x');
    expect(treeOf(await test.fleet.bring(nodeId, await wanted(join(path, 'none'))))).toEqual({});
  });

  it('may have names of any kind', async () => {
    const { test, nodeId } = await connected();
    const names = [
      'a b',
      '-rf',
      'line\nbreak',
      'back\\slash',
      'grüße 🚀',
      'quo\'te"s',
      '$HOME `x`',
      '*',
      '.hidden',
      '~',
    ];
    const { path } = build(Object.fromEntries(names.map((name) => [`${name}/${name}.txt`, name])), "-my 'app' ü");
    expect(treeOf(await test.fleet.bring(nodeId, await wanted(path)))).toEqual(treeOf(path));
  });

  it('may be large: 50 MB arrive, and progress is told up to the last byte', async () => {
    const { test, nodeId } = await connected();
    const bytes = randomBytes(50_000_000);
    const { path } = build({ large: bytes });
    const told: number[] = [];
    const it = await wanted(path, { progress: (sent, total) => void (total === bytes.length && told.push(sent)) });
    const there = await test.fleet.bring(nodeId, it);
    expect(readFileSync(join(there, 'large')).equals(bytes)).toBe(true);
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBe(bytes.length);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('is sent once: what is there is not asked for, and those who want it at once share one sending', async () => {
    const { test, nodeId } = await connected();
    const { path } = build(APP);
    const it = await wanted(path);
    let asked = 0;
    const counted = { ...it, content: () => Promise.resolve(it.now).finally(() => asked++) };
    const places = await Promise.all([1, 2, 3].map(() => test.fleet.bring(nodeId, counted)));
    expect(new Set(places).size).toBe(1);
    expect(await test.fleet.bring(nodeId, counted)).toBe(places[0]);
    expect(asked).toBe(1);
  });

  it('that a second gateway brings at the same time is there once, and whole', async () => {
    const machine = await node();
    const fleets = [fleet(), fleet()];
    const { path } = build(APP);
    const it = await wanted(path);
    const places = await Promise.all(
      fleets.map(async (each) => each.fleet.bring((await each.reach(machine.target())).nodeId, it)),
    );
    expect(treeOf(places[0] ?? '')).toEqual(treeOf(path));
    expect(places[1]).toBe(places[0]);
    expect(artifactsOn(machine)).toEqual([it.hash]);
  });

  it('leaves nothing behind when the connection is cut in the middle, and arrives the next time', async () => {
    const held = holdGate();
    const { machine, test, nodeId } = await connected({ beforeWrite: held.pass });
    const { path } = build(APP);
    const it = await wanted(path);
    const cut = test.fleet.bring(nodeId, it).catch((error: unknown) => error);
    await until('it is under way', () => held.waiting() > 0);
    expect(artifactsOn(machine)).toEqual([expect.stringMatching(/^upload-/)]);
    machine.server.dropConnections();
    expect(await cut).toMatchObject({ reason: 'LOST' });
    held.open();
    await test.reach(machine.target());
    expect(treeOf(await test.fleet.bring(nodeId, it))).toEqual(treeOf(path));
    // The server of the lost connection may take a moment to notice; what is left of it goes at the next look after that.
    await until('nothing is left', async () => {
      await test.fleet.bring(nodeId, it);
      return artifactsOn(machine).length === 1;
    });
  });

  it('does not delay what happens meanwhile: a crash is told while it is on its way', async () => {
    const held = holdGate();
    const { test, nodeId } = await connected({ beforeWrite: held.pass });
    const { path } = build({ large: randomBytes(3_000_000) });
    const sleeper = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' } as const;
    const { pid } = await test.fleet.start(nodeId, 'a', sleeper, { timeoutMs: 30_000 });
    const bringing = test.fleet.bring(nodeId, await wanted(path));
    await until('it is under way', () => held.waiting() > 0);
    process.kill(pid, 'SIGKILL');
    await until('the crash is told', () => test.heard.latest(nodeId, 'a')?.state === 'EXITED');
    held.open();
    await bringing;
  });

  it('that changes while it is sent is not placed', async () => {
    const held = holdGate();
    const { machine, test, nodeId } = await connected({ beforeWrite: held.pass });
    const { path } = build({ a: randomBytes(1_000_000) });
    const bringing = test.fleet.bring(nodeId, await wanted(path)).catch((error: unknown) => error);
    await until('it is under way', () => held.waiting() > 0);
    appendFileSync(join(path, 'a'), 'more');
    held.open();
    expect(await bringing).toMatchObject({ reason: 'ARTIFACT_CHANGED' });
    expect(artifactsOn(machine)).toEqual([]);
  });

  it('that arrives damaged is not placed', async () => {
    let machine: Awaited<ReturnType<typeof node>> | undefined;
    // Before the last file is written, the first one is no longer what was sent.
    const spoil = () => {
      const [upload = ''] = machine ? artifactsOn(machine) : [];
      const file = join(machine?.folder ?? '', 'artifacts', upload, 'content/app/a');
      if (machine && readFileSync(file).length === 1) writeFileSync(file, 'b', { flag: 'r+' });
    };
    const made = await connected({ beforeWrite: spoil });
    machine = made.machine;
    const { path } = build({ a: 'a', z: 'z' });
    const failure = await made.test.fleet.bring(made.nodeId, await wanted(path)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      reason: 'ARTIFACT_REFUSED',
      message: expect.stringContaining('not what was sent'),
    });
    expect(artifactsOn(machine)).toEqual([]);
  });

  it('makes old versions go: the latest stay, and those that are asked for or named by the spec of a process', async () => {
    const { machine, test, nodeId } = await connected();
    const app = build({ version: '0' });
    const hashes: string[] = [];
    const bring = async (version: number, more: object = {}) => {
      app.write({ version: String(version) });
      const it = await wanted(app.path, { spare: 1, ...more });
      hashes[version] = it.hash;
      return test.fleet.bring(nodeId, it);
    };
    const first = await bring(0);
    await bring(1);
    const command = ['sh', '-c', 'exec sleep 1000', `${first}/version`];
    await test.fleet.start(nodeId, 'a', { command, env: {}, restart: 'NEVER' }, { timeoutMs: 30_000 });
    await bring(2);
    await bring(3, { keep: [hashes[1]] });
    // 0 runs, 1 was asked for, 2 is the latest of the others, 3 has just come.
    expect(artifactsOn(machine)).toEqual([...hashes].sort());
    await bring(4);
    expect(artifactsOn(machine)).toEqual([hashes[0], hashes[3], hashes[4]].sort());
  });
});

describe('a node that cannot take an artifact', () => {
  const refused = async (options: Parameters<typeof node>[0]) => {
    const { machine, test, nodeId } = await connected(options);
    const { path } = build(APP);
    const failure = await test.fleet.bring(nodeId, await wanted(path)).catch((error: unknown) => error);
    expect(artifactsOn(machine)).toEqual([]);
    // The link is as good as before.
    await test.fleet.refresh(nodeId, { timeoutMs: 30_000 });
    return failure;
  };

  it('for it has no SFTP, says so', async () => {
    expect(await refused({ sftp: 'none' })).toMatchObject({ reason: 'NO_SFTP' });
  });

  it('for its SFTP server cannot be run, says so', async () => {
    const failure = await refused({
      sftp: (channel) => {
        channel.exit(127);
        channel.end();
      },
    });
    expect(failure).toMatchObject({ reason: 'NO_SFTP' });
  });

  it('for its login shell prints into SFTP, says so', async () => {
    const failure = await refused({ sftp: (channel) => void channel.write('Welcome to this machine!\n'.repeat(10)) });
    expect(failure).toMatchObject({ reason: 'NO_SFTP', message: expect.stringContaining('login shell') });
  });

  it.each([
    ['a length of 4 GB', Buffer.from('ffffffff02', 'hex')],
    ['no version', Buffer.from('000000056500000001', 'hex')],
    ['a length of nothing', Buffer.from('0000000000000000', 'hex')],
  ])('for its server answers with %s, says so', async (_what, bytes) => {
    expect(await refused({ sftp: (channel) => void channel.write(bytes) })).toMatchObject({ reason: 'NO_SFTP' });
  });

  it('for its server answers nonsense to what is asked, says so', async () => {
    const failure = await refused({
      sftp: (channel) => {
        channel.write(Buffer.from('000000050200000003', 'hex'));
        // To all that comes: an open file, under the number of the first request.
        channel.on('data', () => channel.write(Buffer.from('0000000a66000000010000000141', 'hex')));
      },
    });
    expect(failure).toMatchObject({ reason: 'ARTIFACT_REFUSED' });
  });

  it('for its folder may not be written, says so', async () => {
    const { machine, test, nodeId } = await connected();
    mkdirSync(machine.folder, { recursive: true });
    writeFileSync(join(machine.folder, 'artifacts'), 'a file in its place');
    const { path } = build(APP);
    await expect(test.fleet.bring(nodeId, await wanted(path))).rejects.toMatchObject({ reason: 'DISK_FULL' });
  });
});
