//! What `warmlambda print argocd` prints works when it is pasted: the scripts in it are those of the folder, and run as Argo CD runs
//! scripts of `argocd-cm`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::argo::text;
use crate::sandbox::run;

const KIND: &str = "warmlambda.dev_WarmLambdaEndpoint";

#[derive(Deserialize)]
struct ConfigMap {
    data: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Actions {
    #[serde(rename = "discovery.lua")]
    discovery: String,
    definitions: Vec<Definition>,
}

#[derive(Deserialize)]
struct Definition {
    name: String,
    #[serde(rename = "action.lua")]
    action: String,
}

fn data() -> BTreeMap<String, String> {
    let map: ConfigMap = yaml(&warmlambda::argocd::config_map());
    map.data
}

fn yaml<T: DeserializeOwned>(text: &str) -> T {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_printed_scripts_are_those_that_are_tested() {
    let data = data();
    assert_eq!(data[&format!("resource.customizations.health.{KIND}")], text("health.lua"));
    let actions: Actions = yaml(&data[&format!("resource.customizations.actions.{KIND}")]);
    assert_eq!(actions.discovery, text("actions/discovery.lua"));
    let found = run(&actions.discovery, &json!({"metadata": {}, "spec": {}})).expect("discovery.lua runs");
    let mut names = Vec::new();
    for definition in &actions.definitions {
        assert_eq!(definition.action, text(&format!("actions/{}/action.lua", definition.name)));
        names.push(definition.name.as_str());
    }
    names.sort_unstable();
    assert_eq!(found.as_object().expect("actions by name").keys().collect::<Vec<_>>(), names);
}

#[test]
fn a_change_of_status_alone_is_no_reason_to_look_at_an_application_again() {
    let ignored: Value = yaml(&data()[&format!("resource.customizations.ignoreResourceUpdates.{KIND}")]);
    assert_eq!(ignored, json!({"jsonPointers": ["/status"]}));
}

#[test]
fn the_link_leads_to_the_alias_in_the_console_of_its_region() {
    let links: Vec<BTreeMap<String, String>> = yaml(&data()["resource.links"]);
    let [link] = &links[..] else { panic!("one link: {links:?}") };
    let warm: Value = yaml(&text("testdata/warm.yaml"));
    // Fields of Go's templates: no more is used of them.
    let url = link["url"]
        .split("{{.resource")
        .enumerate()
        .map(|(n, part)| match part.split_once("}}") {
            Some((path, rest)) if n > 0 => {
                let field = warm.pointer(&path.replace('.', "/")).and_then(Value::as_str);
                field.unwrap_or_else(|| panic!("there is no {path}")).to_owned() + rest
            }
            _ => part.to_owned(),
        });
    assert_eq!(
        url.collect::<String>(),
        "https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/fir-api/aliases/live"
    );
    assert!(link["if"].contains("resource.kind == \"WarmLambdaEndpoint\""));
}
