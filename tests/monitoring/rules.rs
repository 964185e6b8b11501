//! The rules as Prometheus reads them, and their cases.

use serde_json::{Value, json};

use crate::promtool::{folder, promtool, root};

/// Where the cases stand, a file for each alert.
pub const CASES: &str = "tests/monitoring/rules";
/// The rules, as the chart ships them.
pub const RULES: &str = "charts/warmlambda/files/alerts.yaml";

/// All rules of the program, in their order.
pub fn rules() -> Vec<Value> {
    let yaml = warmlambda::monitoring::alerts().expect("the alerts can be printed");
    let file: Value = serde_saphyr::from_str(&yaml).expect("the alerts are YAML");
    let groups = file["groups"].as_array().expect("there are groups");
    groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .cloned()
        .collect()
}

/// The name of a rule.
pub fn name(rule: &Value) -> &str {
    rule["alert"].as_str().expect("an alert has a name")
}

/// The text of the cases of an alert.
pub fn cases(alert: &str) -> String {
    let path = root().join(CASES).join(format!("{alert}.yaml"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{alert} has no cases: {}: {e}", path.display()))
}

/// Puts the cases of an alert to a rule, which may be another one than the program's. `id` names this trial.
pub fn trial(id: &str, alert: &str, rule: &Value) -> Result<String, String> {
    let folder = folder(id);
    let file = json!({"groups": [{"name": "alone", "rules": [rule]}]});
    std::fs::write(folder.join("rules.yaml"), file.to_string()).unwrap();
    let shipped = format!("../../../{RULES}");
    let cases = cases(alert);
    assert!(cases.contains(&shipped), "the cases of {alert} are not about {shipped}");
    let cases_file = folder.join("cases.yaml");
    std::fs::write(&cases_file, cases.replace(&shipped, "rules.yaml")).unwrap();
    promtool(&["test", "rules", cases_file.to_str().unwrap()])
}
