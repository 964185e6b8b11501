//! What an Argo CD that does not ship them has to be told of the resource: a health check, actions, and links.

use std::fmt::Write;

/// A script out of the folder that has Argo CD's own layout.
macro_rules! script {
    ($name:literal) => {
        include_str!(concat!(
            "../argocd/resource_customizations/warmlambda.dev/WarmLambdaEndpoint/",
            $name
        ))
    };
}

/// The actions by their names, in the order of the menu.
const ACTIONS: [(&str, &str); 3] = [
    ("reconcile", script!("actions/reconcile/action.lua")),
    ("suspend", script!("actions/suspend/action.lua")),
    ("resume", script!("actions/resume/action.lua")),
];

/// A link is shown where its condition holds. Region and ARN are reported together, and in AWS's other partitions the console is
/// elsewhere.
const LINKS: &str = r#"- title: Alias in the AWS console
  description: Versions, warm capacity and graphs of the alias
  icon.class: fa-external-link-alt
  url: 'https://{{.resource.status.region}}.console.aws.amazon.com/lambda/home?region={{.resource.status.region}}#/functions/{{.resource.spec.functionName}}/aliases/{{.resource.spec.aliasName}}'
  if: resource.kind == "WarmLambdaEndpoint" && resource.status?.aliasArn != nil && resource.status.aliasArn startsWith "arn:aws:"
"#;

/// The keys of Argo CD's ConfigMap, as a manifest that is applied over the one that is there, or merged into it.
pub fn config_map() -> String {
    let mut page = String::from(
        "# argocd-cm.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cm\n  namespace: argocd\n  labels:\n    \
         app.kubernetes.io/name: argocd-cm\n    app.kubernetes.io/part-of: argocd\ndata:\n",
    );
    let mut actions = String::from("discovery.lua: |\n");
    indented(&mut actions, 2, script!("actions/discovery.lua"));
    actions.push_str("definitions:\n");
    for (name, script) in ACTIONS {
        let _ = writeln!(actions, "- name: {name}\n  action.lua: |");
        indented(&mut actions, 4, script);
    }
    let of_kind = |what: &str| format!("resource.customizations.{what}.warmlambda.dev_WarmLambdaEndpoint");
    entry(&mut page, &of_kind("health"), script!("health.lua"));
    entry(&mut page, &of_kind("actions"), &actions);
    page.push_str("  # Argo CD 2 reads it when resource.ignoreResourceUpdatesEnabled is true; from 3.0 on it does so by itself.\n");
    entry(&mut page, &of_kind("ignoreResourceUpdates"), "jsonPointers:\n- /status\n");
    page.push_str("  # One list for all kinds: with links of your own, add this one to yours.\n");
    entry(&mut page, "resource.links", LINKS);
    page
}

fn entry(page: &mut String, key: &str, text: &str) {
    let _ = writeln!(page, "  {key}: |");
    indented(page, 4, text);
}

/// Appends the lines of a text; an empty one stays empty.
fn indented(page: &mut String, blanks: usize, text: &str) {
    for line in text.lines() {
        let blanks = if line.is_empty() { 0 } else { blanks };
        let _ = writeln!(page, "{:blanks$}{line}", "");
    }
}
