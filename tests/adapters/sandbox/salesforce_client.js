// jsforce at work on the sandbox: nothing about it is changed save its address.
// In: a task on stdin, {"task", "url", "token", …}. Out: one line of JSON.
const jsforce = require("jsforce");

const read = async () => {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
};

const connection = (task) => new jsforce.Connection({ instanceUrl: task.url, accessToken: task.token, version: "67.0" });

const refusal = async (promise) => {
  try {
    await promise;
    return "";
  } catch (error) {
    return error.errorCode;
  }
};

const tasks = {
  async describe(task) {
    const org = connection(task);
    const all = await org.describeGlobal();
    const lead = await org.sobject("Lead").describe();
    const me = await org.identity();
    const field = lead.fields.find((one) => one.name === "Fit__c");
    return { objects: all.sobjects.map((one) => one.name), type: field.type, help: field.inlineHelpText, user: me.username };
  },

  async records(task) {
    const org = connection(task);
    const leads = org.sobject("Lead");
    const made = await leads.create({ LastName: "Byron", Company: "Acme", Email: "ada@js.test" });
    const changed = await leads.update({ Id: made.id, Title: "Countess", Fit__c: 88 });
    const upserted = await leads.upsert({ LastName: "Babbage", Company: "Engines", Key__c: "k/1" }, "Key__c");
    const many = await leads.create([{ LastName: "A", Company: "B" }, { Company: "no last name" }]);
    const found = await org.query("SELECT Id, Title, Fit__c, Owner.Name FROM Lead WHERE Email = 'ada@js.test'");
    const missing = await refusal(leads.create({ Company: "no last name" }));
    const unknown = await refusal(leads.update({ Id: made.id, Nope__c: 1 }));
    await leads.destroy(made.id);
    const gone = await refusal(leads.retrieve(made.id));
    const [{ Title, Fit__c: fit, Owner: owner }] = found.records;
    return {
      ...{ changed: changed.success, upserted: upserted.success, many: many.map((one) => one.success) },
      ...{ Title, fit, owner: owner.Name, missing, unknown, gone },
    };
  },

  async pages(task) {
    const org = connection(task);
    const rows = await org.query("SELECT Id FROM Lead").run({ autoFetch: true, maxFetch: 10000 });
    return { fetched: rows.records ? rows.records.length : rows.length };
  },

  async more(task) {
    const org = connection(task);
    const first = await org.query("SELECT Id FROM Lead");
    const second = await org.queryMore(first.nextRecordsUrl);
    return { pages: [first.records.length, second.records.length], done: [first.done, second.done], total: first.totalSize };
  },

  async collections(task) {
    const leads = connection(task).sobject("Lead");
    const rows = ["a", "b", "c"].map((key) => ({ LastName: key, Company: "Acme", Key__c: key }));
    const made = await leads.create(rows);
    const changed = await leads.update(made.map(({ id }) => ({ Id: id, Title: "CTO" })));
    const upserted = await leads.upsert([{ Key__c: "a", Title: "CEO" }, { LastName: "d", Company: "Acme", Key__c: "d" }], "Key__c");
    const read = await leads.retrieve(made.map(({ id }) => id));
    const gone = await leads.destroy(made.slice(1).map(({ id }) => id));
    const nothing = await leads.create([{ LastName: "x", Company: "Y" }, { Company: "Y" }], { allOrNone: true });
    return {
      ...{ changed: changed.every((one) => one.success), created: upserted.map((one) => one.created) },
      ...{ titles: read.map((one) => one.Title), gone: gone.every((one) => one.success) },
      nothing: nothing.map((one) => [one.success, one.errors[0].statusCode]),
    };
  },

  async groups(task) {
    const org = connection(task);
    const grouped = await org.query("SELECT Company, COUNT(Id) n, MAX(CreatedDate) FROM Lead GROUP BY Company ORDER BY COUNT(Id) DESC");
    const account = await org.sobject("Account").create({ Name: "Acme" });
    await org.sobject("Contact").create({ LastName: "Ada", AccountId: account.id });
    const found = await org
      .sobject("Account")
      .find({ Id: account.id }, "Id, Name")
      .include("Contacts")
      .select("LastName")
      .end();
    const since = await org.sobject("Lead").find({ CreatedDate: jsforce.SfDate.TODAY }).limit(1);
    return {
      rows: grouped.records.map((one) => [one.Company, one.n]),
      below: found[0].Contacts.records.map((one) => one.LastName),
      since: since.length,
    };
  },

  async bulk(task) {
    const org = connection(task);
    org.bulk2.pollInterval = 50;
    const rows = [{ LastName: "Ada", Company: "Acme, Inc." }, { LastName: "", Company: "B" }, { LastName: "Bob", Company: "B" }];
    const load = (operation, input, more) =>
      org.bulk2.loadAndWaitForResults({ object: "Lead", operation, input, pollTimeout: 20000, pollInterval: 50, ...more });
    const made = await load("insert", rows);
    const ids = made.successfulResults.map((one) => one.sf__Id);
    const keys = [{ Key__c: "k1", LastName: "New", Company: "C" }, { Key__c: task.key, Title: "CEO" }];
    const upserted = await load("upsert", keys, { externalIdFieldName: "Key__c" });
    const changed = await load("update", [{ Id: ids[0], Title: "#N/A" }]);
    const gone = await load("delete", [{ Id: ids[1] }]);
    const stream = await org.bulk2.query("SELECT Id, LastName FROM Lead ORDER BY LastName", { pollTimeout: 20000, pollInterval: 50 });
    const names = (await stream.toArray()).map((one) => one.LastName);
    const job = org.bulk2.createJob({ object: "Lead", operation: "insert" });
    await job.open();
    await job.abort();
    const state = (await job.check()).state;
    return {
      ...{ made: ids.length, failed: made.failedResults.map((one) => one.sf__Error.split(":")[0]), state, names },
      created: upserted.successfulResults.map((one) => one.sf__Created),
      done: [changed, gone].map((one) => one.successfulResults.length),
    };
  },

  async together(task) {
    const org = connection(task);
    const post = (url, referenceId, body) => ({ method: "POST", url: `/services/data/v67.0/sobjects/${url}`, referenceId, body });
    const acme = post("Account", "acme", { Name: "Acme" });
    const ada = post("Contact", "ada", { LastName: "Ada", AccountId: "@{acme.id}" });
    const { graphs } = await org.requestPost("/composite/graph", { graphs: [{ graphId: "g", compositeRequest: [acme, ada] }] });
    const below = { records: [{ attributes: { type: "Contact", referenceId: "bob" }, LastName: "Bob" }] };
    const root = { attributes: { type: "Account", referenceId: "other" }, Name: "Other", Contacts: below };
    const tree = await org.requestPost("/composite/tree/Account", { records: [root] });
    const people = await org.query("SELECT LastName, Account.Name FROM Contact ORDER BY LastName");
    return {
      ...{ graph: graphs[0].isSuccessful, tree: tree.hasErrors },
      people: people.records.map((one) => [one.LastName, one.Account.Name]),
    };
  },

  async looking(task) {
    const org = connection(task);
    const found = await org.search("FIND {byron} IN ALL FIELDS RETURNING Lead(Id, LastName WHERE Company = 'Acme'), Contact(Id)");
    const wrong = await refusal(org.search("FIND byron"));
    const { DailyApiRequests } = await org.limits();
    const counts = await org.request("/limits/recordCount?sObjects=Lead");
    const asked = [{ method: "GET", url: "v67.0/limits" }, { method: "GET", url: "v67.0/sobjects/Nope" }];
    const batch = await org.requestPost("/composite/batch", { batchRequests: asked });
    const part = { method: "GET", url: "/services/data/v67.0/sobjects/Lead", referenceId: "lead" };
    const both = await org.requestPost("/composite", { allOrNone: true, compositeRequest: [part] });
    return {
      ...{ found: found.searchRecords.map((one) => one.LastName), wrong, max: DailyApiRequests.Max, counts: counts.sObjects },
      ...{ batch: batch.results.map((one) => one.statusCode), errors: batch.hasErrors },
      composite: both.compositeResponse.map((one) => one.httpStatusCode),
    };
  },

  async metadata(task) {
    const org = connection(task);
    const types = (await org.metadata.describe()).metadataObjects.map((one) => one.xmlName);
    const field = await org.metadata.read("CustomField", "Lead.Fit__c");
    const listed = await org.metadata.list([{ type: "CustomField" }]);
    const job = await org.metadata.deploy(Buffer.from(task.package, "base64"), { singlePackage: true, rollbackOnError: true });
    const done = await org.metadata.checkDeployStatus(job.id, true);
    const rows = await org.tooling.query("SELECT DeveloperName FROM CustomField");
    return {
      ...{ types, label: field.label, listed: listed.map((one) => one.fullName).sort(), status: done.status },
      fields: rows.records.map((one) => one.DeveloperName).sort(),
    };
  },

  async convert(task) {
    const org = connection(task);
    const [result] = await org.soap.convertLead([{ leadId: task.lead, convertedStatus: "Closed - Converted" }]);
    const lead = await org.sobject("Lead").retrieve(task.lead);
    return { success: result.success, same: lead.ConvertedContactId === result.contactId };
  },
};

read()
  .then((task) => tasks[task.task](task))
  .then((answer) => process.stdout.write(JSON.stringify(answer)));
