// HubSpot's own client for Node at work on the sandbox: nothing about it is changed save its address.
// In: a task on stdin, {"task", "url", "token", …}. Out: one line of JSON.
const { Client, Signature } = require("@hubspot/api-client");

const read = async () => {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
};

const client = (task) =>
  new Client({ accessToken: task.token, developerApiKey: task.key, basePath: task.url, numberOfApiCallRetries: 0 });

const refusal = async (promise) => {
  try {
    await promise;
    return { code: 200 };
  } catch (error) {
    return { code: error.code, category: error.body.category };
  }
};

const tasks = {
  async properties(task) {
    const { coreApi, groupsApi } = client(task).crm.properties;
    const before = (await coreApi.getAll("contacts")).results.length;
    await groupsApi.create("contacts", { name: "node", label: "Node" });
    const wanted = { groupName: "node", name: "node_tier", label: "Tier", type: "enumeration", fieldType: "select" };
    const option = (value) => ({ label: value, value, hidden: false, displayOrder: 0 });
    await coreApi.create("contacts", { ...wanted, options: [option("a")] });
    const changed = await coreApi.update("contacts", "node_tier", { label: "Rank", options: [option("a"), option("b")] });
    const again = await refusal(coreApi.create("contacts", { ...wanted, options: [option("a")] }));
    const after = (await coreApi.getAll("contacts")).results.length;
    await coreApi.archive("contacts", "node_tier");
    const gone = await refusal(coreApi.getByName("contacts", "node_tier"));
    await groupsApi.archive("contacts", "node");
    return { grown: after - before, label: changed.label, options: changed.options.map((one) => one.value), again, gone };
  },

  async owners(task) {
    const { ownersApi } = client(task).crm.owners;
    const emails = async (archived) =>
      (await ownersApi.getPage(undefined, undefined, 100, archived)).results.map((owner) => owner.email);
    return { active: await emails(false), archived: await emails(true) };
  },

  async records(task) {
    const { basicApi, batchApi, searchApi } = client(task).crm.contacts;
    const ada = await basicApi.create({ properties: { email: "ada@node.test", firstname: "Ada" }, associations: [] });
    const twin = await refusal(basicApi.create({ properties: { email: "ada@node.test" }, associations: [] }));
    await basicApi.update(ada.id, { properties: { lastname: "Lovelace" } });
    const batch = await batchApi.upsert({
      inputs: ["ada@node.test", "bob@node.test"].map((email) => ({ id: email, idProperty: "email", properties: { city: "Delft" } })),
    });
    const filters = [{ propertyName: "city", operator: "EQ", value: "Delft" }];
    const found = await searchApi.doSearch({ filterGroups: [{ filters }], properties: ["lastname"], limit: 10, sorts: [], after: "0" });
    await basicApi.archive(ada.id);
    return {
      id: ada.id,
      twin,
      fresh: batch.results.map((one) => one._new),
      found: found.results.map((one) => one.properties.lastname),
      gone: await refusal(basicApi.getById(ada.id)),
    };
  },

  async batches(task) {
    const { basicApi, batchApi } = client(task).crm.contacts;
    const input = (email) => ({ properties: { email, firstname: "Ada" }, associations: [] });
    const made = await batchApi.create({ inputs: ["a@node.test", "b@node.test", "c@node.test"].map(input) });
    const ids = made.results.map((one) => one.id);
    await batchApi.update({ inputs: [{ id: "a@node.test", idProperty: "email", properties: { firstname: "Grace" } }] });
    const asked = { properties: ["firstname"], propertiesWithHistory: ["firstname"], idProperty: "email" };
    const read = await batchApi.read({ ...asked, inputs: [{ id: "a@node.test" }, { id: "nobody@node.test" }] });
    const history = read.results[0].propertiesWithHistory.firstname.map((one) => one.value);
    const alone = await basicApi.getById("a@node.test", ["firstname"], ["firstname"], undefined, false, "email");
    await batchApi.archive({ inputs: ids.slice(1).map((id) => ({ id })) });
    const page = await basicApi.getPage(100, undefined, ["email"]);
    return {
      ...{ made: ids.length, missing: read.errors.map((one) => one.category), history, left: page.results.map((one) => one.id === ids[0]) },
      same: alone.id === ids[0],
    };
  },

  async searching(task) {
    const { batchApi, searchApi } = client(task).crm.contacts;
    const input = (number) => ({ properties: { email: `s${number}@node.test`, city: number < 4 ? "Delft" : "Ghent" }, associations: [] });
    await batchApi.create({ inputs: [1, 2, 3, 4, 5].map(input) });
    const filter = (propertyName, operator, more) => ({ propertyName, operator, ...more });
    const ask = async (filterGroups, more) => {
      const sorts = [{ propertyName: "email", direction: "DESCENDING" }];
      const found = await searchApi.doSearch({ filterGroups, sorts, properties: ["email"], limit: 10, after: "0", ...more });
      return { found, emails: found.results.map((one) => one.properties.email[1]).join("") };
    };
    const groups = (...filters) => [{ filters }];
    const delft = filter("city", "EQ", { value: "delft" });
    const one = await ask(groups(delft), { limit: 2 });
    const two = await ask(groups(delft), { limit: 2, after: one.found.paging.next.after });
    const many = Array.from({ length: 6 }, () => ({ filters: [delft] }));
    return {
      ...{ total: one.found.total, pages: [one.emails, two.emails], last: two.found.paging === undefined },
      either: (await ask([{ filters: [filter("email", "EQ", { value: "s5@node.test" })] }, { filters: [delft] }])).emails,
      within: (await ask(groups(filter("email", "IN", { values: ["s1@node.test", "s4@node.test"] })))).emails,
      token: (await ask(groups(filter("city", "CONTAINS_TOKEN", { value: "gh*" })))).emails,
      lacking: (await ask(groups(filter("lastname", "HAS_PROPERTY")))).emails,
      tooMany: (await refusal(ask(many))).code,
    };
  },

  async labels(task) {
    const { crm } = client(task);
    const { basicApi, batchApi } = crm.associations.v4;
    const { definitionsApi } = crm.associations.v4.schema;
    const ada = await crm.contacts.basicApi.create({ properties: { email: "ada@node.test" }, associations: [] });
    const acme = await crm.companies.basicApi.create({ properties: { name: "Acme" }, associations: [] });
    const names = { name: "boss", label: "Boss", inverseLabel: "Led by" };
    const [there, back] = (await definitionsApi.create("contacts", "companies", names)).results;
    const types = [{ associationCategory: "USER_DEFINED", associationTypeId: there.typeId }];
    const linked = await basicApi.create("contacts", ada.id, "companies", acme.id, types);
    const seen = async (from, id, to) => {
      const page = await basicApi.getPage(from, id, to);
      return page.results[0].associationTypes.map((one) => one.label).filter((label) => label);
    };
    const both = [await seen("contacts", ada.id, "companies"), await seen("companies", acme.id, "contacts")];
    await batchApi.archiveLabels("contacts", "companies", { inputs: [{ _from: { id: ada.id }, to: { id: acme.id }, types }] });
    const bare = await seen("contacts", ada.id, "companies");
    await batchApi.archive("contacts", "companies", { inputs: [{ _from: { id: ada.id }, to: [{ id: acme.id }] }] });
    const none = (await basicApi.getPage("contacts", ada.id, "companies")).results.length;
    const listed = (await definitionsApi.getAll("contacts", "companies")).results.map((one) => one.label);
    await definitionsApi.remove("contacts", "companies", there.typeId);
    return { labels: linked.labels, ways: [there.label, back.label], both, bare, none, listed };
  },

  async around(task) {
    const { crm } = client(task);
    const ada = await crm.contacts.basicApi.create({ properties: { email: "ada@node.test" }, associations: [] });
    const acme = await crm.companies.basicApi.create({ properties: { name: "Acme" }, associations: [] });
    const { basicApi, batchApi } = crm.associations.v4;
    await basicApi.createDefault("contacts", ada.id, "companies", acme.id);
    const page = await basicApi.getPage("contacts", ada.id, "companies");
    const batch = await batchApi.getPage("contacts", "companies", { inputs: [{ id: ada.id }] });
    const read = await crm.contacts.batchApi.read({ properties: ["email"], propertiesWithHistory: [], inputs: [{ id: ada.id }] });
    const pipelines = await crm.pipelines.pipelinesApi.getAll("deals");
    return {
      linked: page.results.map((one) => one.toObjectId === acme.id),
      both: batch.results.flatMap((one) => one.to.map((other) => String(other.toObjectId) === acme.id)),
      read: read.results.map((one) => one.properties.email),
      stages: pipelines.results[0].stages.length > 1,
    };
  },

  async subscribe(task) {
    const { settingsApi, subscriptionsApi } = client(task).webhooks;
    await settingsApi.configure(task.app, { targetUrl: task.target, throttling: { maxConcurrentRequests: 10 } });
    const made = await subscriptionsApi.create(task.app, { eventType: "contact.creation", active: true });
    return { id: made.id, active: made.active, listed: (await subscriptionsApi.getAll(task.app)).results.length };
  },

  async signatures(task) {
    const valid = (one) =>
      Signature.isValid({
        signature: one.signature,
        clientSecret: task.secret,
        requestBody: one.body,
        url: one.url,
        method: "POST",
        signatureVersion: one.version,
        timestamp: one.timestamp,
      });
    return { valid: task.requests.map(valid) };
  },
};

read()
  .then((task) => tasks[task.task](task))
  .then((answer) => process.stdout.write(JSON.stringify(answer)));
