// The routes of `/1.0`, heading by heading.
import { place, type Row, row } from '../dialect.ts';
import {
  PlatformAddIntegrationToTenantDocument,
  PlatformAddTenantToInstanceDocument,
  PlatformAddUserToTenantDocument,
  PlatformCreateInstanceDocument,
  PlatformCreateIntegrationDocument,
  PlatformCreateNodeDocument,
  PlatformCreateProcessDocument,
  PlatformCreateServiceDocument,
  PlatformCreateTenantDocument,
  PlatformCreateUserDocument,
  PlatformDeleteInstanceDocument,
  PlatformDeleteIntegrationDocument,
  PlatformDeleteNodeDocument,
  PlatformDeleteProcessDocument,
  PlatformDeleteServiceDocument,
  PlatformDeleteTenantDocument,
  PlatformDeleteUserDocument,
  PlatformInstanceDocument,
  PlatformInstanceOfTenantDocument,
  PlatformInstancesDocument,
  PlatformIntegrationDocument,
  PlatformIntegrationsDocument,
  PlatformIntegrationsOfTenantDocument,
  PlatformNodeDocument,
  PlatformNodeOfInstanceDocument,
  PlatformNodesDocument,
  PlatformPingNodeDocument,
  PlatformProcessDocument,
  PlatformProcessesDocument,
  PlatformProcessesOfServiceDocument,
  PlatformProcessStateDocument,
  PlatformRemoveIntegrationFromTenantDocument,
  PlatformRemoveTenantFromInstanceDocument,
  PlatformRemoveUserFromTenantDocument,
  PlatformServiceDocument,
  PlatformServiceStateDocument,
  PlatformServiceStatesDocument,
  PlatformServicesDocument,
  PlatformStartAllServicesDocument,
  PlatformStartProcessDocument,
  PlatformStartServiceDocument,
  PlatformStopAllServicesDocument,
  PlatformStopProcessDocument,
  PlatformStopServiceDocument,
  PlatformTenantDocument,
  PlatformTenantsDocument,
  PlatformTenantsOfInstanceDocument,
  PlatformUpdateInstanceDocument,
  PlatformUpdateIntegrationDocument,
  PlatformUpdateNodeDocument,
  PlatformUpdateServiceDocument,
  PlatformUpdateTenantDocument,
  PlatformUpdateUserDocument,
  PlatformUserDocument,
  PlatformUsersDocument,
  PlatformUsersOfTenantDocument,
} from '../generated/documents.ts';
import { integration } from './integration.ts';
import { allOutcomes, allStatuses, processOutcome, processStatus, serviceOutcome, serviceStatus } from './running.ts';

// A node or service of another instance is not found: what a path leads through has to hold.
const NODE = place(PlatformNodeOfInstanceDocument, 'instance.nodes.nodes.0');
const SERVICE = place(PlatformServiceDocument, 'instance.services.nodes.0');

/** `shownPassword` is what a node's password is shown as where it is not shown: sent back, it changes nothing. */
export const platformRows = (shownPassword: Readonly<Record<string, string>>): Row[] => [
  // Instances
  row('POST', '/instances', 201, PlatformCreateInstanceDocument, { answer: 'createInstance.instance' }),
  row('GET', '/instances', 200, PlatformInstancesDocument, { answer: 'instances.nodes' }),
  row('GET', '/instances/{id}', 200, PlatformInstanceDocument, { answer: 'instance' }),
  row('PUT', '/instances/{id}', 200, PlatformUpdateInstanceDocument, { answer: 'updateInstance.instance' }),
  row('DELETE', '/instances/{id}', 204, PlatformDeleteInstanceDocument),
  row('GET', '/instances/{id}/tenants', 200, PlatformTenantsOfInstanceDocument, { answer: 'instance.tenants.nodes' }),

  // Tenants
  row('POST', '/tenants', 201, PlatformCreateTenantDocument, { answer: 'createTenant.tenant' }),
  row('GET', '/tenants', 200, PlatformTenantsDocument, { answer: 'tenants.nodes' }),
  row('GET', ['/tenants/{id}', '/tenant/{id}'], 200, PlatformTenantDocument, { answer: 'tenant' }),
  row('PUT', '/tenants/{id}', 200, PlatformUpdateTenantDocument, { answer: 'updateTenant.tenant' }),
  row('DELETE', '/tenants/{id}', 204, PlatformDeleteTenantDocument),
  row('GET', '/tenants/{id}/users', 200, PlatformUsersOfTenantDocument, { answer: 'tenant.users.nodes' }),
  row('GET', ['/tenants/{id}/instance', '/tenant/{id}/instance'], 200, PlatformInstanceOfTenantDocument, {
    answer: 'tenant.instance',
  }),
  row('POST', '/tenants/{tenant}/instance', 201, PlatformAddTenantToInstanceDocument, {
    answer: 'addTenantToInstance',
  }),
  row('DELETE', '/tenants/{id}/instance', 204, PlatformRemoveTenantFromInstanceDocument),
  row('GET', '/tenants/{id}/integrations', 200, PlatformIntegrationsOfTenantDocument, {
    answer: 'tenant.integrations.nodes',
  }),
  row('POST', '/tenants/{tenant}/integrations/{id}', 201, PlatformAddIntegrationToTenantDocument, {
    answer: 'addIntegrationToTenant',
  }),
  row('DELETE', '/tenants/{tenant}/integrations/{id}', 204, PlatformRemoveIntegrationFromTenantDocument),

  // Users
  row('POST', '/users', 201, PlatformCreateUserDocument, { answer: 'createUser.user' }),
  row('GET', '/users', 200, PlatformUsersDocument, { answer: 'users.nodes' }),
  row('GET', '/users/{email}', 200, PlatformUserDocument, { answer: 'user' }),
  row('PUT', '/users/{email}', 200, PlatformUpdateUserDocument, { answer: 'updateUser.user' }),
  row('DELETE', '/users/{email}', 204, PlatformDeleteUserDocument),
  row('POST', '/users/{email}/tenants/{id}', 201, PlatformAddUserToTenantDocument, { answer: 'addUserToTenant' }),
  row('DELETE', '/users/{email}/tenants/{id}', 204, PlatformRemoveUserFromTenantDocument),

  // Integrations
  row('POST', '/integrations', 201, PlatformCreateIntegrationDocument, {
    answer: 'createIntegration.integration',
    each: integration,
  }),
  row('GET', '/integrations', 200, PlatformIntegrationsDocument, { answer: 'integrations.nodes', each: integration }),
  row('GET', '/integrations/{id}', 200, PlatformIntegrationDocument, { answer: 'integration', each: integration }),
  row('PUT', '/integrations/{id}', 200, PlatformUpdateIntegrationDocument, {
    answer: 'updateIntegration.integration',
    each: integration,
  }),
  row('DELETE', '/integrations/{id}', 204, PlatformDeleteIntegrationDocument),

  // Nodes
  row('POST', '/instances/{instance}/nodes', 201, PlatformCreateNodeDocument, {
    answer: 'createNode.node',
    unchanged: shownPassword,
  }),
  row('GET', '/instances/{instance}/nodes', 200, PlatformNodesDocument, { answer: 'instance.nodes.nodes' }),
  row('GET', '/instances/{instance}/nodes/{id}', 200, PlatformNodeDocument, { answer: 'instance.nodes.nodes.0' }),
  row('PUT', '/instances/{instance}/nodes/{id}', 200, PlatformUpdateNodeDocument, {
    answer: 'updateNode.node',
    under: NODE,
    unchanged: shownPassword,
  }),
  row('DELETE', '/instances/{instance}/nodes/{id}', 204, PlatformDeleteNodeDocument, { under: NODE }),
  row('POST', '/instances/{instance}/nodes/{id}/ping', 200, PlatformPingNodeDocument, {
    answer: 'pingNode',
    under: NODE,
  }),

  // Services
  row('POST', '/instances/{instance}/services', 201, PlatformCreateServiceDocument, {
    answer: 'createService.service',
  }),
  row('GET', '/instances/{instance}/services', 200, PlatformServicesDocument, { answer: 'instance.services.nodes' }),
  row('POST', '/instances/{instance}/services/start', 200, PlatformServiceStatesDocument, {
    answer: 'instance.services.nodes',
    act: PlatformStartAllServicesDocument,
    whole: allOutcomes,
  }),
  row('POST', '/instances/{instance}/services/stop', 200, PlatformServiceStatesDocument, {
    answer: 'instance.services.nodes',
    act: PlatformStopAllServicesDocument,
    whole: allOutcomes,
  }),
  row('GET', '/instances/{instance}/services/status', 200, PlatformServiceStatesDocument, {
    answer: 'instance.services.nodes',
    whole: allStatuses,
  }),
  row('GET', '/instances/{instance}/services/{id}', 200, PlatformServiceDocument, {
    answer: 'instance.services.nodes.0',
  }),
  row('PUT', '/instances/{instance}/services/{id}', 200, PlatformUpdateServiceDocument, {
    answer: 'updateService.service',
    under: SERVICE,
  }),
  row('DELETE', '/instances/{instance}/services/{id}', 204, PlatformDeleteServiceDocument, { under: SERVICE }),
  row('POST', '/instances/{instance}/services/{id}/start', 200, PlatformServiceStateDocument, {
    answer: 'instance.services.nodes.0',
    under: SERVICE,
    act: PlatformStartServiceDocument,
    whole: serviceOutcome,
  }),
  row('POST', '/instances/{instance}/services/{id}/stop', 200, PlatformServiceStateDocument, {
    answer: 'instance.services.nodes.0',
    under: SERVICE,
    act: PlatformStopServiceDocument,
    whole: serviceOutcome,
  }),
  row('GET', '/instances/{instance}/services/{id}/status', 200, PlatformServiceStateDocument, {
    answer: 'instance.services.nodes.0',
    whole: serviceStatus,
  }),
  row('GET', '/instances/{instance}/services/{id}/processes', 200, PlatformProcessesOfServiceDocument, {
    answer: 'instance.services.nodes.0.processes.nodes',
  }),

  // Processes
  row('POST', '/processes', 201, PlatformCreateProcessDocument, { answer: 'createProcess.process' }),
  row('GET', '/processes', 200, PlatformProcessesDocument, { answer: 'processes.nodes' }),
  row('GET', '/processes/{id}', 200, PlatformProcessDocument, { answer: 'process' }),
  row('DELETE', '/processes/{id}', 204, PlatformDeleteProcessDocument),
  row('POST', '/processes/{id}/start', 200, PlatformProcessStateDocument, {
    answer: 'process',
    act: PlatformStartProcessDocument,
    whole: processOutcome,
  }),
  row('POST', '/processes/{id}/stop', 200, PlatformProcessStateDocument, {
    answer: 'process',
    act: PlatformStopProcessDocument,
    whole: processOutcome,
  }),
  row('GET', '/processes/{id}/status', 200, PlatformProcessStateDocument, { answer: 'process', whole: processStatus }),
];
