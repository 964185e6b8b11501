//! A control plane of its own that fails as it is told: etcd and the API server end, hang, come back, and go back in time.

use std::time::{Duration, Instant};

use aws_smithy_types::base64;
use kube::api::ListParams;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use warmlambda::api::WarmLambdaEndpoint;

use crate::harness::control_plane::ControlPlane;

/// How long a control plane may take until it serves again, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(90);

/// etcd and an API server that nobody else uses.
pub struct Servers {
    /// Both of them, and their orders.
    pub plane: &'static ControlPlane,
    client: Client,
}

impl Servers {
    /// Starts them.
    pub async fn start() -> Self {
        let plane = tokio::task::spawn_blocking(ControlPlane::of_its_own)
            .await
            .expect("the control plane starts");
        Self {
            plane,
            client: plane.client().await,
        }
    }

    /// Has orders of `scripts/serve-control-plane.sh` carried out, in their order.
    pub async fn obey(&self, orders: &[&str]) {
        let (plane, orders) = (self.plane, orders.join("\n"));
        let carried_out = tokio::task::spawn_blocking(move || orders.lines().for_each(|order| drop(plane.order(order))));
        carried_out.await.expect("the control plane obeys");
    }

    /// Waits until the API server serves endpoints; answers how long that took.
    pub async fn until_served(&self) -> Duration {
        let began = Instant::now();
        loop {
            let endpoints: Api<WarmLambdaEndpoint> = Api::all(self.client.clone());
            let last = match timeout(Duration::from_secs(2), endpoints.list_metadata(&ListParams::default().limit(1))).await {
                Ok(Ok(_)) => return began.elapsed(),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".into(),
            };
            assert!(began.elapsed() < PATIENCE, "the API server does not come back: {last}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Keeps etcd's data as it is now.
    pub async fn save(&self, name: &str) {
        self.obey(&[&format!("save {name}")]).await;
    }

    /// Ends both servers and puts etcd's data back to what was saved.
    pub async fn take_back(&self, name: &str) {
        self.obey(&["kill api", "kill etcd", &format!("restore {name}")]).await;
    }

    /// Starts both servers that were ended; answers how long nobody was served.
    pub async fn come_back(&self) -> Duration {
        self.obey(&["start etcd", "start api"]).await;
        self.until_served().await
    }

    /// Has etcd forget all history up to now.
    pub fn compact(&self) {
        let answer = self.etcd("/v3/kv/range", &json!({"key": encode("/"), "limit": 1}));
        let revision = answer["header"]["revision"].clone();
        self.etcd("/v3/kv/compaction", &json!({"revision": revision, "physical": true}));
    }

    /// What etcd has under a key.
    pub fn stored(&self, key: &str) -> Option<Vec<u8>> {
        let answer = self.etcd("/v3/kv/range", &json!({"key": encode(key)}));
        let value = answer["kvs"][0]["value"].as_str()?;
        Some(base64::decode(value).expect("etcd answers in base64"))
    }

    /// Writes to etcd past the API server and its rules.
    pub fn store(&self, key: &str, value: &[u8]) {
        let answer = self.etcd("/v3/kv/put", &json!({"key": encode(key), "value": base64::encode(value)}));
        assert!(answer["header"]["revision"].is_string(), "etcd did not take {key}: {answer}");
    }

    fn etcd(&self, path: &str, body: &Value) -> Value {
        let answer = self.plane.order(&format!("etcd {path} {body}"));
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("etcd {path}: {error}: {answer}"))
    }
}

fn encode(text: &str) -> String {
    base64::encode(text)
}

/// Where the API server keeps an endpoint in etcd.
pub fn key_of(namespace: &str, name: &str) -> String {
    format!("/registry/warmlambda.dev/warmlambdaendpoints/{namespace}/{name}")
}
