// Writes the schema's files from the code, or with --check says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { INTERNAL_SDL } from './internal.ts';
import { buildSchema } from './schema.ts';

const FILES = {
  'schema/schema.graphql': `${printSchema(lexicographicSortSchema(buildSchema()))}\n`,
  'schema/internal.graphql': `# What the documents of the dialects may read beyond the public graph. No request over the network can ask for it.\n${INTERNAL_SDL}`,
};

for (const [file, text] of Object.entries(FILES)) {
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is not what the code says: run npm run schema`);
    process.exitCode = 1;
  }
}
