// The schema: all the nouns, built once.
import 'reflect-metadata';
import { createPubSub } from '@graphql-yoga/subscription';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { EventCount, EventResolver, EventSubscription } from './events.ts';
import { withIdempotency } from './idempotency.ts';
import { InstanceResolvers } from './instances.ts';
import { IntegrationRelations, IntegrationResolvers, TenantIntegrations } from './integrations.ts';
import { LifecycleResolver } from './lifecycle.ts';
import { NodeContactResolver } from './node-contact.ts';
import { NodeLinkResolver } from './node-links.ts';
import { InstanceNodes, NodeResolvers } from './nodes.ts';
import { OperationProgressResolver } from './operation-progress.ts';
import { OperationResolvers, ProcessSteps } from './operations.ts';
import { ProcessLogResolver, ProcessLogs } from './process-logs.ts';
import { ProcessStatusResolver } from './process-status.ts';
import { InstanceProcesses, NodeProcesses, ProcessResolvers, ServiceProcesses } from './processes.ts';
import { RollingRestartResolver } from './rolling.ts';
import { InstanceServices, ServiceResolvers } from './services.ts';
import { SupervisorResolver } from './supervisor.ts';
import { InstanceTenants, TenantRelations, TenantResolvers } from './tenants.ts';
import { TokenReading, TokenResolver } from './tokens.ts';
import { TombstoneResolvers } from './tombstones.ts';
import { TenantUsers, UserRelations, UserResolvers } from './users.ts';

const build = (): GraphQLSchema =>
  buildSchemaSync({
    resolvers: [
      InstanceTenants,
      ...InstanceResolvers,
      ...TenantResolvers,
      ...UserResolvers,
      ...IntegrationResolvers,
      ...NodeResolvers,
      ...ServiceResolvers,
      ...ProcessResolvers,
      ...OperationResolvers,
      ...TombstoneResolvers,
      InstanceNodes,
      InstanceServices,
      InstanceProcesses,
      TenantRelations,
      TenantUsers,
      TenantIntegrations,
      UserRelations,
      IntegrationRelations,
      NodeContactResolver,
      NodeProcesses,
      ServiceProcesses,
      ProcessSteps,
      LifecycleResolver,
      RollingRestartResolver,
      OperationProgressResolver,
      ProcessStatusResolver,
      ProcessLogs,
      ProcessLogResolver,
      SupervisorResolver,
      TokenReading,
      TokenResolver,
      EventResolver,
      EventCount,
      EventSubscription,
      NodeLinkResolver,
    ],
    // Asked for by type-graphql, though every subscription here brings its own source.
    pubSub: createPubSub(),
    // The platform checks inputs, once, whoever speaks to it.
    validate: false,
  });

export const buildSchema = (): GraphQLSchema => withIdempotency(build());
