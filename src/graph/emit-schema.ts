// Writes schema/schema.graphql from the code, or with --check says whether the file is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchema } from './schema.ts';

const file = 'schema/schema.graphql';
const text = `${printSchema(lexicographicSortSchema(buildSchema()))}\n`;

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  console.error(`${file} is not what the code says: run npm run schema`);
  process.exitCode = 1;
}
