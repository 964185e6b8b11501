//! The examples for Argo CD, Flux and kustomize: each object is one of its kind, each source is there and renders, and each endpoint is
//! taken by a real API server.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::control_plane::control_plane;
use crate::real_judges::tool;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The manifests below a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The objects of a stream of YAML.
fn objects(text: &str) -> Vec<Value> {
    let documents = text.split("\n---\n").filter(|document| !document.trim().is_empty());
    documents
        .map(|document| serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{error}\n{document}")))
        .collect()
}

/// The objects in the examples for Argo CD and Flux.
fn examples() -> Vec<Value> {
    let all = files("examples/argocd").into_iter().chain(files("examples/flux"));
    all.flat_map(|file| objects(&std::fs::read_to_string(file).expect("an example can be read")))
        .collect()
}

fn of_kind(kind: &str) -> Vec<Value> {
    examples().into_iter().filter(|object| object["kind"] == kind).collect()
}

/// What the kinds of Argo CD and Flux find wrong with objects, one fault a line.
fn faults(objects: &[Value]) -> String {
    let mut schemas = Command::new(tool("gitops-schemas"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gitops-schemas runs");
    let mut stdin = schemas.stdin.take().expect("stdin is piped");
    stdin.write_all(json!(objects).to_string().as_bytes()).expect("objects are read");
    drop(stdin);
    let output = schemas.wait_with_output().expect("gitops-schemas ends");
    assert!(output.status.success(), "gitops-schemas failed");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn each_object_is_one_that_argo_cd_or_flux_knows() {
    let objects: Vec<_> = examples().into_iter().filter(|object| object["apiVersion"] != "v1").collect();
    for kind in [
        "Application",
        "ApplicationSet",
        "HelmRelease",
        "OCIRepository",
        "GitRepository",
        "Kustomization",
    ] {
        assert!(objects.iter().any(|object| object["kind"] == kind), "no example has a {kind}");
    }
    assert_eq!(faults(&objects), "");
}

#[test]
fn a_field_that_argo_cd_or_flux_does_not_know_is_found() {
    let (mut app, mut kustomization) = (of_kind("Application").remove(0), of_kind("Kustomization").remove(0));
    app["spec"]["syncPolicy"]["syncOption"] = json!("Prune=false");
    app["spec"]["destination"]["server"] = json!(1);
    kustomization["spec"]["wiat"] = json!(true);
    kustomization["spec"].as_object_mut().expect("a spec").remove("prune");
    let faults = faults(&[app, kustomization]);
    for fault in [
        "no field /spec/syncPolicy/syncOption\n",
        "/spec/destination/server: ",
        "no field /spec/wiat\n",
        "\"prune\"",
    ] {
        assert!(faults.contains(fault), "{fault:?} is not in\n{faults}");
    }
}

/// What Argo CD or Flux would apply of a folder: a chart with values, a kustomization, or plain manifests.
fn rendered(path: &str, values: &Value) -> Vec<Value> {
    let folder = root().join(path);
    assert!(folder.is_dir(), "there is no folder {path}");
    if folder.join("Chart.yaml").is_file() {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("values-{}.yaml", path.replace('/', "-")));
        let values = if values.is_null() { json!({}) } else { values.clone() };
        std::fs::write(&file, values.to_string()).expect("values can be written");
        let output = Command::new(tool("helm4"))
            .args(["template", "warmlambda", "--namespace", "warmlambda", "--values"])
            .args([&file, &folder])
            .output()
            .expect("helm runs");
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        return objects(&String::from_utf8(output.stdout).expect("text"));
    }
    if folder.join("kustomization.yaml").is_file() {
        let folder = folder.to_str().expect("a path in UTF-8");
        return objects(&control_plane().kubectl("default").succeeds(&["kustomize", folder]));
    }
    let files = files(path);
    files
        .iter()
        .flat_map(|file| objects(&std::fs::read_to_string(file).expect("a manifest can be read")))
        .collect()
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    let found = object.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {object}"))
}

#[test]
fn each_source_of_argo_cd_is_there_and_renders() {
    let mut kinds = Vec::new();
    for app in of_kind("Application") {
        let rendered = rendered(text(&app, "/spec/source/path"), &app["spec"]["source"]["helm"]["valuesObject"]);
        kinds.extend(rendered.iter().map(|object| text(object, "/kind").to_owned()));
    }
    // From the charts, from the app of apps, and from an overlay.
    for kind in [
        "CustomResourceDefinition",
        "Deployment",
        "ServiceMonitor",
        "ApplicationSet",
        "WarmLambdaEndpoint",
    ] {
        assert!(kinds.iter().any(|found| found == kind), "no {kind} in {kinds:?}");
    }
    let definitions = kinds.iter().filter(|kind| *kind == "CustomResourceDefinition").count();
    assert_eq!(definitions, 1, "two apps would quarrel about the definition");
}

#[test]
fn each_source_of_flux_is_there_and_renders() {
    for kustomization in of_kind("Kustomization") {
        let path = text(&kustomization, "/spec/path").trim_start_matches("./");
        assert!(!rendered(path, &Value::Null).is_empty(), "{path}");
        assert_eq!(kustomization["spec"]["wait"], true, "{path}: nobody would hear of a verdict");
    }
    for release in of_kind("HelmRelease") {
        let objects = rendered("charts/warmlambda", &release["spec"]["values"]);
        assert!(objects.iter().any(|object| object["kind"] == "CustomResourceDefinition"));
    }
}

/// The endpoint of an environment of examples/kustomize.
fn endpoint(environment: &str) -> Value {
    let objects = rendered(&format!("examples/kustomize/overlays/{environment}"), &Value::Null);
    let [endpoint] = &objects[..] else {
        panic!("{environment} is not one endpoint: {objects:?}")
    };
    endpoint.clone()
}

/// The environments that the ApplicationSet makes an app for, and whether it is synced without a person.
fn environments() -> Vec<(String, bool)> {
    let set = of_kind("ApplicationSet").remove(0);
    assert_eq!(
        text(&set, "/spec/template/spec/source/path"),
        "examples/kustomize/overlays/{{.environment}}"
    );
    assert_eq!(text(&set, "/spec/template/spec/destination/namespace"), "shop-{{.environment}}");
    let elements = set["spec"]["generators"][0]["list"]["elements"]
        .as_array()
        .expect("elements")
        .clone();
    let of = |element: &Value| (text(element, "/environment").to_owned(), element["automated"] == true);
    elements.iter().map(of).collect()
}

#[test]
fn each_environment_is_taken_by_the_api_server_with_its_number_of_warm_environments() {
    let kubectl = control_plane().kubectl("default");
    let warm: Vec<_> = environments()
        .into_iter()
        .map(|(environment, _)| {
            let endpoint = endpoint(&environment);
            let namespace = format!("shop-{environment}");
            assert_eq!(text(&endpoint, "/metadata/namespace"), namespace);
            kubectl.succeeds(&["create", "namespace", &namespace]);
            let apply = [
                "apply",
                "--namespace",
                &namespace,
                "--server-side",
                "--dry-run=server",
                "--validate=strict",
                "-f",
                "-",
            ];
            kubectl.succeeds_with(&apply, &endpoint.to_string());
            (environment, endpoint["spec"]["provisionedConcurrency"].clone())
        })
        .collect();
    let expected = [("dev", 1), ("test", 1), ("prod", 3)].map(|(environment, number)| (environment.to_owned(), json!(number)));
    assert_eq!(warm, expected);
}

#[test]
fn production_alone_is_kept_from_pruning_and_synced_by_a_person() {
    for (environment, automated) in environments() {
        let endpoint = endpoint(&environment);
        let annotation = |name: &str| endpoint["metadata"]["annotations"][name].as_str().unwrap_or_default().to_owned();
        let kept = [
            annotation("argocd.argoproj.io/sync-options"),
            annotation("kustomize.toolkit.fluxcd.io/prune"),
            endpoint["spec"]["deletionPolicy"].as_str().unwrap_or_default().to_owned(),
        ];
        if environment == "prod" {
            assert_eq!(kept, ["Prune=confirm,Delete=confirm", "disabled", "Retain"]);
        } else {
            assert_eq!(kept, [""; 3], "{environment}");
        }
        assert_eq!(automated, environment != "prod");
    }
}

#[test]
fn waves_bring_the_definition_the_operator_and_the_apps_before_the_endpoints() {
    let wave = |object: &Value| -> i32 {
        text(object, "/metadata/annotations/argocd.argoproj.io~1sync-wave")
            .parse()
            .expect("a number")
    };
    let mut platform = rendered("examples/argocd/platform", &Value::Null);
    platform.sort_by_key(wave);
    let order: Vec<_> = platform.iter().map(|object| text(object, "/metadata/name")).collect();
    assert_eq!(order, ["warmlambda-crds", "warmlambda", "checkout"]);
    let waves: Vec<_> = platform.iter().chain([&endpoint("prod")]).map(wave).collect();
    assert_eq!(waves, [-2, -1, 0, 1]);
}

#[test]
fn an_app_whose_capacity_is_scaled_neither_shows_nor_undoes_it() {
    let apps = of_kind("Application");
    let scaled = apps
        .iter()
        .find(|app| app["spec"]["ignoreDifferences"].is_array())
        .expect("an example");
    assert_eq!(
        scaled["spec"]["ignoreDifferences"],
        json!([{"group": "warmlambda.dev", "kind": "WarmLambdaEndpoint", "jsonPointers": ["/spec/provisionedConcurrency"]}])
    );
    let options = scaled["spec"]["syncPolicy"]["syncOptions"].as_array().expect("options");
    assert!(options.contains(&json!("RespectIgnoreDifferences=true")), "{options:?}");
}
