//! The chart grants what the program says it needs, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;
use warmlambda::check::{RIGHTS, Scope};

use crate::helm::{Objects, name_of, rendered};
use crate::matrix::renders;

/// A verb on a resource: where it is granted, on which name.
type Grant = (String, String, String, String);

fn texts(rule: &Value, key: &str) -> Vec<String> {
    let values = rule[key].as_array().map_or(&[][..], Vec::as_slice).iter();
    values.map(|value| value.as_str().expect("a rule holds text").to_owned()).collect()
}

/// What a role grants, each verb by itself.
fn grants(role: &Value, place: &str) -> BTreeSet<Grant> {
    let mut found = BTreeSet::new();
    for rule in role["rules"].as_array().expect("a role has rules") {
        let name = texts(rule, "resourceNames").join(",");
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for verb in texts(rule, "verbs") {
                    found.insert((place.to_owned(), format!("{group}/{resource}"), verb, name.clone()));
                }
            }
        }
    }
    found
}

/// What the program needs when it watches some namespaces, or all: an empty name.
fn needed(watched: &[&str]) -> BTreeSet<Grant> {
    let mut needed = BTreeSet::new();
    for right in RIGHTS {
        let (places, name) = match right.scope {
            Scope::Watched => (watched, ""),
            Scope::Home => (&["warmlambda"][..], ""),
            Scope::Lease => (&["warmlambda"][..], "warmlambda"),
            Scope::Cluster => (&[""][..], ""),
        };
        for place in places {
            let resource = format!("{}/{}", right.group, right.resource);
            let all = right.verbs.iter().map(|verb| (*verb).to_owned());
            needed.extend(all.map(|verb| ((*place).to_owned(), resource.clone(), verb, name.to_owned())));
        }
    }
    needed
}

/// What the roles grant that are bound to the operator's service account.
fn granted(objects: &Objects) -> BTreeSet<Grant> {
    let mut granted = BTreeSet::new();
    for (binding_kind, role_kind) in [("ClusterRoleBinding", "ClusterRole"), ("RoleBinding", "Role")] {
        for binding in objects.of_kind(binding_kind) {
            let subject = &binding["subjects"][0];
            assert_eq!(
                (&subject["name"], &subject["namespace"]),
                (&"warmlambda".into(), &"warmlambda".into())
            );
            let namespace = &binding["metadata"]["namespace"];
            let is_bound =
                |role: &&Value| role["metadata"]["namespace"] == *namespace && role["metadata"]["name"] == binding["roleRef"]["name"];
            let role = objects
                .of_kind(role_kind)
                .into_iter()
                .find(is_bound)
                .expect("the bound role is rendered");
            granted.extend(grants(role, namespace.as_str().unwrap_or_default()));
        }
    }
    granted
}

#[test]
fn the_operator_gets_what_it_needs_and_nothing_else() {
    assert_eq!(granted(&rendered("{}")), needed(&[""]));
    assert_eq!(granted(&Objects::read(&renders()["namespaced"])), needed(&["shop", "pay"]));
}

#[test]
fn no_role_has_a_wildcard_or_a_right_on_secrets() {
    let mut rules = 0;
    for (name, yaml) in renders() {
        let objects = Objects::read(yaml);
        for role in objects.of_kind("ClusterRole").into_iter().chain(objects.of_kind("Role")) {
            for rule in role["rules"].as_array().expect("a role has rules") {
                let text = rule.to_string();
                assert!(
                    !text.contains('*') && !text.contains("secrets"),
                    "{name}: {}: {text}",
                    name_of(role)
                );
                rules += 1;
            }
        }
    }
    assert!(rules > 30, "only {rules} rules were looked at");
}
