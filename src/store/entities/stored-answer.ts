// An answer that is kept for who asks the same again under the same key.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, text } from './columns.ts';

const schema = defineEntity({
  name: 'StoredAnswer',
  tableName: 'stored_answer',
  uniques: [{ name: 'stored_answer_scope_key_unique', properties: ['scope', 'key'] }],
  properties: {
    id: p.integer().primary().autoincrement(),
    // Who asked: keys of one are nothing to another.
    scope: text(),
    key: text(),
    // Of the mutation and its input, which may hold passwords: neither they nor a hash that can be guessed from them.
    fingerprint: text(),
    // The operation that a first part of the request became; null where there is none.
    operation: text().nullable(),
    // Sealed JSON; null while the request is not done.
    answer: text().nullable().hidden(),
    createdAt: instant().index('stored_answer_created_at_index'),
  },
});

export class StoredAnswer extends schema.class {}
schema.setClass(StoredAnswer);
