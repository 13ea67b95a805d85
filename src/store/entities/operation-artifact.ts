// The version of an artifact that an operation starts the processes of a service type with: one for all of them.
import { defineEntity, p } from '@mikro-orm/core';
import { text } from './columns.ts';
import { Operation } from './operation.ts';

const schema = defineEntity({
  name: 'OperationArtifact',
  tableName: 'operation_artifact',
  uniques: [{ name: 'operation_artifact_operation_id_type_unique', properties: ['operation', 'type'] }],
  properties: {
    id: p.integer().primary().autoincrement(),
    // Of services, as the catalogue names it.
    type: text(),
    hash: text(),
    // What the artifact is called, and so its last part on the node.
    name: text(),
    operation: () => p.manyToOne(Operation).ref().index(false).deleteRule('cascade'),
  },
});

export class OperationArtifact extends schema.class {}
schema.setClass(OperationArtifact);
