// What the demonstration tells a newcomer to paste into GraphiQL.
export const THINGS_TO_PASTE = `
This is a demonstration: its store and its processes go when it ends.
Open the GraphQL address in a browser and paste, one after the other:

1. A deep query: the whole platform, in one statement of SQL

query Platform {
  instances {
    nodes {
      id name
      tenants { nodes { id name users { nodes { email role } } } }
      services { nodes { id name processes { nodes { id status pid restarts node { name } } } } }
    }
  }
}

2. A subscription: how every process stands, then each change (leave it running in a tab of its own)

subscription Watch {
  processStatus { processId status previous reason message pid restarts actor at process { service { name } } }
}

3. A mutation: restart a service, and see it happen in the other tab

mutation Restart {
  restartService(id: "SV1") {
    operation { id state steps { nodes { state message process { id status pid } } } }
  }
}

Then take a pid from the first answer, kill -9 it in a shell, and watch the crash arrive.
`;
