// The examples of the platform API 1.0: users.
import type { Audit } from '../audit.ts';
import { type Example, example } from '../example.ts';
import { all, forget, gone, JSON_BODY, post } from './steps.ts';

const EXAMPLES: Example[] = [
  {
    id: 'platform-example-create-user',
    says: 'Creating a user MUST answer with it, with a client-id of its own and without the password.',
    curl: `curl -X POST /1.0/users ${JSON_BODY} -d '{"email": "ian@userevents.com", "name": "Ian Bishop", "password": "butter", "tenants": ["userevents"]}'`,
    status: 201,
    answer: `{ "email": "ian@userevents.com", "name": "Ian Bishop", "client-id": "xxxxxx", "tenants": ["userevents"] }`,
    given: all(gone('/1.0/users/ian@userevents.com'), post('/1.0/tenants', { id: 'userevents', name: 'User Events' })),
  },
  {
    id: 'platform-example-retrieve-user',
    says: 'An existing user MUST be answered by e-mail address.',
    curl: `curl -XGET /1.0/users/ian@userevents.com`,
    status: 200,
    answer: `{ "email": "ian@userevents.com", "name": "Ian Bishop", "client-id": "xxxxxx", "tenants": ["userevents"] }`,
  },
  {
    id: 'platform-example-update-user',
    says: 'Updating a user MUST change what was given and leave the rest.',
    curl: `curl -X PUT /1.0/users/ian@userevents.com ${JSON_BODY} -d '{"name": "John Smith"}'`,
    status: 200,
    answer: `{ "email": "ian@userevents.com", "name": "John Smith", "client-id": "xxxxxx", "tenants": ["userevents"] }`,
  },
  {
    id: 'platform-example-delete-user',
    says: 'Deleting a user MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/users/ian@userevents.com`,
    status: 204,
  },
  {
    id: 'platform-example-list-users',
    says: 'The list of users MUST be an array with all of them; it SHOULD be in the order of their creation.',
    curl: `curl -XGET /1.0/users`,
    status: 200,
    answer: `[{ "email": "ian@userevents.com", "name": "Ian Bishop", "client-id": "xxxxxx", "tenants": ["userevents"] }, { "email": "josh@userevents.com", "name": "Josh Comer", "client-id": "yyyyyy", "tenants": ["userevents"] }]`,
    given: all(
      forget('xxxxxx'),
      post('/1.0/users', {
        email: 'ian@userevents.com',
        name: 'Ian Bishop',
        password: 'butter',
        tenants: ['userevents'],
      }),
      post('/1.0/users', {
        email: 'josh@userevents.com',
        name: 'Josh Comer',
        password: 'butter',
        tenants: ['userevents'],
      }),
    ),
    among: true,
  },
  {
    id: 'platform-example-add-user-to-tenant',
    says: 'Adding a user to a tenant MUST answer 201; the body SHOULD be a small JSON object.',
    curl: `curl -X POST /1.0/users/ian@userevents.com/tenants/userevents`,
    status: 201,
    answer: `{ "user": "ian@userevents.com", "tenant": "userevents" }`,
  },
  {
    id: 'platform-example-remove-user-from-tenant',
    says: 'Removing a user from a tenant MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/users/ian@userevents.com/tenants/userevents`,
    status: 204,
  },
];

export const USER_EXAMPLES: readonly Audit[] = EXAMPLES.map(example);
