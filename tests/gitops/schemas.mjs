// Checks objects of Argo CD and Flux: a JSON list of them on standard input, one line on standard output for each fault.
//
// The packages hold a validator for each kind, made from the Go types of Argo CD and Flux. Such a validator takes a field that it
// does not know for no fault. So the object is handed over behind a proxy that notes what is asked for: a field that nobody asks for
// is one that the kind does not have.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = join(process.argv[2], "node_modules/@kubernetes-models");
const schemas = {
  "argoproj.io/v1alpha1": ["argo-cd", "ComGithubArgoprojArgoCdV3PkgApisApplicationV1alpha1"],
  "kustomize.toolkit.fluxcd.io/v1": ["flux-cd", "ComGithubFluxcdKustomizeControllerApiV1"],
  "helm.toolkit.fluxcd.io/v2": ["flux-cd", "ComGithubFluxcdHelmControllerApiV2"],
  "source.toolkit.fluxcd.io/v1": ["flux-cd", "ComGithubFluxcdSourceControllerApiV1"],
};
// What is free of form: values of a chart, and what a generator hands to its template.
const free = /^\/spec\/(values|source\/helm\/valuesObject|generators\/\d+\/list\/elements\/\d+)\//;

function watched(value, path, asked) {
  if (value === null || typeof value !== "object") return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== "string") return target[key];
      asked.add(`${path}/${key}`);
      return watched(target[key], `${path}/${key}`, asked);
    },
  });
}

function fields(value, path = "") {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, member]) => [`${path}/${key}`, ...fields(member, `${path}/${key}`)]);
}

for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  const fault = (text) => console.log(`${object.kind} ${object.metadata?.name}: ${text}`);
  const [name, prefix] = schemas[object.apiVersion] ?? [];
  if (name === undefined) {
    fault(`no schema for ${object.apiVersion}`);
    continue;
  }
  const { validate } = await import(pathToFileURL(join(packages, name, "_schemas", `${prefix}${object.kind}.js`)));
  const asked = new Set();
  if (!validate(watched(object, "", asked))) {
    for (const { instancePath, message, keyword, params } of validate.errors) fault(`${instancePath}: ${message ?? keyword} ${JSON.stringify(params)}`);
  }
  for (const field of fields(object)) {
    if (!asked.has(field) && !free.test(field)) fault(`there is no field ${field}`);
  }
}
