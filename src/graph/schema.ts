// The schema: all the nouns, built once.
import 'reflect-metadata';
import { createPubSub } from '@graphql-yoga/subscription';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { InstanceResolver } from './instances.ts';
import { IntegrationResolver, TenantIntegrations } from './integrations.ts';
import { LifecycleResolver } from './lifecycle.ts';
import { NodeContactResolver } from './node-contact.ts';
import { InstanceNodes, NodeResolver } from './nodes.ts';
import { OperationResolver, ProcessSteps } from './operations.ts';
import { ProcessLogResolver } from './process-logs.ts';
import { ProcessStatusResolver } from './process-status.ts';
import { InstanceProcesses, NodeProcesses, ProcessResolver, ServiceProcesses } from './processes.ts';
import { InstanceServices, ServiceResolver } from './services.ts';
import { InstanceTenants, TenantResolver } from './tenants.ts';
import { TenantUsers, UserResolver } from './users.ts';

export const buildSchema = (): GraphQLSchema =>
  buildSchemaSync({
    resolvers: [
      InstanceResolver,
      InstanceTenants,
      InstanceNodes,
      InstanceServices,
      InstanceProcesses,
      TenantResolver,
      TenantUsers,
      TenantIntegrations,
      UserResolver,
      IntegrationResolver,
      NodeResolver,
      NodeContactResolver,
      NodeProcesses,
      ServiceResolver,
      ServiceProcesses,
      ProcessResolver,
      ProcessSteps,
      OperationResolver,
      LifecycleResolver,
      ProcessStatusResolver,
      ProcessLogResolver,
    ],
    // Asked for by type-graphql, though every subscription here brings its own source.
    pubSub: createPubSub(),
    // The platform checks inputs, once, whoever speaks to it.
    validate: false,
  });
