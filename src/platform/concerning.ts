// Whom a change concerns: the instance, and all tenants, as it was before the transaction and as it is at its end.
import { keyOf } from '../store/ids.ts';
import type { Values } from '../store/log/changes.ts';
import type { Concerned } from '../store/log/concerned.ts';

interface Circle {
  /** Its number. */
  instance: number | undefined;
  readonly tenants: Set<string>;
}

export class Concerning {
  readonly #circles = new Map<string, Circle>();

  constructor(private readonly concerned: Concerned) {}

  /** Looks who it is now, and keeps who it was at an earlier look. */
  look(entity: string, key: string | number, values: Values): Circle {
    const name = `${entity} ${key}`;
    const circle = this.#circles.get(name) ?? { instance: undefined, tenants: new Set() };
    this.#circles.set(name, circle);
    circle.instance = this.#instance(entity, values) ?? circle.instance;
    for (const tenant of this.#tenants(entity, key, circle.instance)) circle.tenants.add(tenant);
    return circle;
  }

  #instance(entity: string, values: Values): number | undefined {
    switch (entity) {
      case 'Instance':
        return (values.id as number | null) ?? undefined;
      case 'NodeLink':
        return this.concerned.instanceOf('Node', values.node as number);
      case 'OperationStep':
        return this.concerned.instanceOf('Process', values.processId as string);
      case 'Operation':
        return this.#target(values.targetType as string, values.targetId as string);
      default:
        return (values.instance as number | null | undefined) ?? undefined;
    }
  }

  #target(type: string, id: string): number | undefined {
    if (type === 'INSTANCE') return Number(keyOf('Instance', id));
    if (type === 'NODE') return this.concerned.instanceOf('Node', keyOf('Node', id));
    if (type === 'SERVICE') return this.concerned.instanceOf('Service', keyOf('Service', id));
    return this.concerned.instanceOf('Process', id);
  }

  #tenants(entity: string, key: string | number, instance: number | undefined): readonly string[] {
    if (entity === 'Tenant') return [String(key)];
    if (entity === 'User') return this.concerned.find('tenantsOfUser', key);
    if (entity === 'Integration') return this.concerned.find('tenantsOfIntegration', key);
    return instance === undefined ? [] : this.concerned.tenantsOfInstance(instance);
  }
}
