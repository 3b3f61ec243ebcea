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
