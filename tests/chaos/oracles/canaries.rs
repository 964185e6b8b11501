//! O7: the processes do not panic, and planted secrets appear in nothing that anybody can read.

use std::net::TcpStream;

use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::ListParams;

use crate::harness::http;
use crate::stage::Stage;

/// Secrets that the operator is given.
pub struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    /// New ones for a run, and the token of the service account.
    pub fn of(run: &str, token: &str) -> Self {
        let secret = |kind: &str| format!("canary-{kind}-of-{run}-0123456789abcdefghijklmnop");
        Self(vec![
            ("AWS_SECRET_ACCESS_KEY", secret("key")),
            ("AWS_SESSION_TOKEN", secret("session")),
            ("the token of the service account", token.into()),
        ])
    }

    /// Those that stand in the environment of the operator.
    pub fn variables(&self) -> Vec<(String, String)> {
        let variables = self.0.iter().filter(|(name, _)| name.starts_with("AWS_"));
        variables.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn in_text(&self, place: &str, text: &str) -> Vec<String> {
        let found = self.0.iter().filter(|(_, secret)| text.contains(secret.as_str()));
        found.map(|(name, _)| format!("{name} stands in {place}")).collect()
    }
}

/// Looks at everything that the operator wrote. Counts the texts that it looked at.
pub async fn clean(stage: &Stage) -> (usize, Vec<String>) {
    let mut texts = Vec::new();
    let logs = stage.logs().await;
    let mut violations = Vec::new();
    if let Some(line) = logs.lines().find(|line| line.contains("panicked at")) {
        violations.push(format!("the operator panicked: {line}"));
    }
    texts.push(("the log", logs));
    if let Some(endpoint) = stage.endpoint().await {
        texts.push(("the endpoint", serde_json::to_string(&endpoint).expect("an endpoint is JSON")));
    }
    let events: Api<Event> = Api::namespaced(stage.admin.clone(), &stage.namespace);
    let events = events.list(&ListParams::default()).await.expect("events can be listed");
    texts.push(("events", serde_json::to_string(&events.items).expect("events are JSON")));
    if let Some(address) = metrics_address(&texts[0].1) {
        // A process that was killed a moment ago serves nothing, and its successor may not have said yet where it does.
        let metrics = tokio::task::spawn_blocking(move || TcpStream::connect(&address).ok().map(|_| http::get(&address, "/metrics")));
        texts.extend(metrics.await.ok().flatten().map(|metrics| ("metrics", metrics)));
    }
    violations.extend(texts.iter().flat_map(|(place, text)| stage.canaries.in_text(place, text)));
    (texts.len(), violations)
}

/// Where the newest process serves its metrics, as it logged it.
fn metrics_address(logs: &str) -> Option<String> {
    let (_, newest) = logs.rsplit_once("metrics=")?;
    newest.split([' ', '\n']).next().map(str::to_owned)
}
