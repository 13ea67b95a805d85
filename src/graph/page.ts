// The GraphiQL page: one file with everything in it, so that it works without any other network.
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

const WELCOME = `# Gantry: the whole platform as one graph. Try:

query {
  instances {
    nodes {
      id
      name
      services { nodes { id name type processes { nodes { id status node { name } } } } }
    }
  }
}
`;

let page: string | undefined;

/** Nine megabytes of text, made when it is first asked for. */
export function graphiqlPage(path: string): string {
  page ??= renderGraphiQL({ endpoint: path, title: 'Gantry', subscriptionsProtocol: 'WS', defaultQuery: WELCOME });
  return page;
}
