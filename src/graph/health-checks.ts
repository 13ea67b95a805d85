// How nodes look at the health of the processes of a service, in the graph.
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { RestartPace } from './restarts.ts';
import { Duration, PortText } from './scalars.ts';
import { HealthCheckKind } from './words.ts';

/** The columns of a service that say it. They are plain fields of it: what is planned has no objects of its own. */
@ObjectType()
export class HealthChecked extends RestartPace {
  @Field(() => HealthCheckKind, {
    nullable: true,
    description: 'How its processes are looked at while they run; null: as the type says, if it says anything.',
  })
  healthCheckKind!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Host of a TCP or HTTP check, as seen from the node; null: `127.0.0.1`.',
  })
  healthCheckHost!: string | null;

  @Field(() => PortText, { nullable: true, description: 'Port of a TCP or HTTP check.' })
  healthCheckPort!: string | null;

  @Field(() => String, { nullable: true, description: 'Path of an HTTP check; null: `/`.' })
  healthCheckPath!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The status of an HTTP answer that is well, or a range of them; null: `200-299`.',
  })
  healthCheckExpectedStatus!: string | null;

  @Field(() => [String], { nullable: true, description: 'Words of a COMMAND check.' })
  healthCheckCommand!: string[] | null;

  @Field(() => Duration, { nullable: true, description: 'From the end of a look to the next; null: `PT10S`.' })
  healthCheckInterval!: string | null;

  @Field(() => Duration, { nullable: true, description: 'The longest that a look may take; null: `PT2S`.' })
  healthCheckTimeout!: string | null;

  @Field(() => Int, { nullable: true, description: 'Looks in a row that make it HEALTHY; null: 1.' })
  healthCheckHealthyThreshold!: number | null;

  @Field(() => Int, { nullable: true, description: 'Looks in a row that make it UNHEALTHY; null: 3.' })
  healthCheckUnhealthyThreshold!: number | null;

  @Field(() => Duration, {
    nullable: true,
    description: 'How long after its start failed looks do not count, unless it was HEALTHY by then; null: `PT10S`.',
  })
  healthCheckStartPeriod!: string | null;
}

@InputType('HealthCheckInput', {
  description:
    'How a node looks at the health of a process while it runs: by itself, one look after the other, whether the gateway is there or not. Texts may hold the placeholders of service types. A start with a check succeeds when the process is HEALTHY. Nothing is stopped or started for being UNHEALTHY.',
})
export class HealthCheckInput {
  @Field(() => HealthCheckKind, { description: 'What is looked at; NONE: nothing, whatever the type says.' })
  kind!: string;

  @Field(() => String, {
    nullable: true,
    description: 'TCP and HTTP: address or name to connect to, as seen from the node; `127.0.0.1` if not given.',
  })
  host?: string | null;

  @Field(() => PortText, { nullable: true, description: 'TCP and HTTP: the port. They need one.' })
  port?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'HTTP: the path, with a query if wanted: up to 2000 printable ASCII characters; `/` if not given.',
  })
  path?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'HTTP: the status that is well, or a range of them, as in `200` or `200-399`; `200-299` if not given. Redirects are not followed.',
  })
  expectedStatus?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'COMMAND: its words, at most 10,000 characters. It runs in the directory and with the environment of the process; exit code 0 is well, and of what it prints the beginning is told.',
  })
  command?: string[] | null;

  @Field(() => Duration, {
    nullable: true,
    description:
      'From the end of a look to the next: `PT1S` to `P1D`; `PT10S` if not given. What comes up is looked at more often.',
  })
  interval?: string | null;

  @Field(() => Duration, {
    nullable: true,
    description: 'A look that takes longer is ended and has failed: `PT0.1S` to `PT1M`; `PT2S` if not given.',
  })
  timeout?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'So many looks in a row that went well make it HEALTHY: 1 to 100; 1 if not given.',
  })
  healthyThreshold?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'So many failed looks in a row make it UNHEALTHY: 1 to 100; 3 if not given.',
  })
  unhealthyThreshold?: number | null;

  @Field(() => Duration, {
    nullable: true,
    description:
      'So long after the beginning of a run failed looks do not count, unless it was HEALTHY by then: up to `PT1H`; `PT10S` if not given.',
  })
  startPeriod?: string | null;
}
