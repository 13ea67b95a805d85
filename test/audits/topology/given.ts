// What both the examples and the rules of the topology dialect speak of.
export const BASE = '/flexdeploy/rest/topology/instance';

export const BEFORE = {
  description: 'Example description',
  environments: [11001],
  workflows: [],
  instanceName: 'Example Name',
  isActive: false,
  plugins: [],
  instanceCode: 'EXAMPLECODE',
  groupCode: 'Group',
  subGroupCode: 'Sub Group',
  isDeploymentTarget: false,
};
