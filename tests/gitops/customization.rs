//! The scripts in the layout of Argo CD's own `resource_customizations`, and its own kinds of tests, run as Argo CD runs them.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::argo::{Health, folder, health, text};
use crate::sandbox::run;

fn yaml<T: DeserializeOwned>(name: &str) -> T {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HealthTest {
    health_status: Health,
    input_path: String,
}

#[derive(Deserialize)]
struct HealthTests {
    tests: Vec<HealthTest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionTest {
    action: String,
    input_path: String,
    expected_output_path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DiscoveryTest {
    input_path: String,
    result: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionTests {
    discovery_tests: Vec<DiscoveryTest>,
    action_tests: Vec<ActionTest>,
}

#[test]
fn each_health_test_passes() {
    let HealthTests { tests } = yaml("health_test.yaml");
    let mut seen = BTreeSet::new();
    for test in tests {
        assert_eq!(health(&yaml(&test.input_path)), test.health_status, "{}", test.input_path);
        seen.insert(test.health_status.status);
    }
    assert_eq!(seen.len(), 4, "no test for one of the four statuses: {seen:?}");
}

#[test]
fn each_action_test_passes() {
    let ActionTests { action_tests, .. } = yaml("actions/action_test.yaml");
    let mut seen = BTreeSet::new();
    for test in action_tests {
        let object: Value = yaml(&format!("actions/{}", test.input_path));
        let expected: Value = yaml(&format!("actions/{}", test.expected_output_path));
        let script = text(&format!("actions/{}/action.lua", test.action));
        let changed = run(&script, &object).unwrap_or_else(|error| panic!("{}: {error}", test.action));
        assert_eq!(changed, expected, "{} of {}", test.action, test.input_path);
        assert_ne!(changed, object, "{} of {} changes nothing", test.action, test.input_path);
        seen.insert(test.action);
    }
    assert_eq!(seen, actions(), "an action has no test");
}

#[test]
fn each_discovery_test_passes() {
    let ActionTests { discovery_tests, .. } = yaml("actions/action_test.yaml");
    for test in discovery_tests {
        let found = run(&text("actions/discovery.lua"), &yaml(&format!("actions/{}", test.input_path))).expect("discovery.lua runs");
        let found = found.as_object().expect("discovery.lua answers a table by name");
        assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), actions());
        let named = |(name, action): (&String, &Value)| {
            let mut action = action.clone();
            action["name"] = json!(name);
            action
        };
        let mut found: Vec<_> = found.iter().map(named).collect();
        let mut expected = test.result;
        let by_name = |a: &Value, b: &Value| a["name"].as_str().cmp(&b["name"].as_str());
        found.sort_by(by_name);
        expected.sort_by(by_name);
        assert_eq!(found, expected, "{}", test.input_path);
    }
}

/// The names of the actions: a folder each.
fn actions() -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder().join("actions")).expect("actions/ can be read");
    let folders = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("action.lua").is_file());
    folders
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect()
}

#[test]
fn each_file_of_test_data_is_used_by_a_test() {
    let tests = text("health_test.yaml") + &text("actions/action_test.yaml");
    let named = |name: &str| tests.lines().any(|line| line.ends_with(&format!("testdata/{name}")));
    let mut found = 0;
    for part in ["testdata", "actions/testdata"] {
        for entry in std::fs::read_dir(folder().join(part)).expect("test data can be read") {
            let name = entry.expect("an entry").file_name();
            let name = name.to_str().expect("a name in UTF-8");
            assert!(named(name), "no test uses {part}/{name}");
            found += 1;
        }
    }
    assert!(found > 8, "only {found} files were found");
}

#[test]
fn no_script_uses_what_the_sandbox_lacks_not_even_where_no_test_comes() {
    let mut scripts = vec!["health.lua".to_owned(), "actions/discovery.lua".to_owned()];
    scripts.extend(actions().iter().map(|name| format!("actions/{name}/action.lua")));
    for script in scripts {
        let text = text(&script);
        for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
            // What stands between quotes is text.
            let code: String = line.split('"').step_by(2).collect();
            for word in ["string.", "math.", "io.", "debug.", "coroutine.", "goto ", "continue"] {
                assert!(!code.contains(word), "{script}: {line}");
            }
            assert!(!code.contains(':'), "{script} calls a method: {line}");
        }
    }
}
