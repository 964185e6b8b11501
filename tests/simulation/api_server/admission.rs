//! What the real API server takes and refuses, against what the operator makes of it: each spec that is taken is understood, and none
//! that is refused is acted on, should it come from before the rule or from another way into etcd.

use kube::Client;
use serde_json::{Value, json};
use warmlambda::api::WarmLambdaEndpointSpec;
use warmlambda::plan::desired::Desired;

use super::Request;
use super::conformance::{ENDPOINTS, ask_real};
use crate::campaigns::{Campaign, Lot, is_long, seed, specs};
use crate::harness::control_plane::control_plane;
use crate::scene::{Scene, UID, site};

/// Specs of a test run, which are always the same.
const SPECS: usize = 400;
/// Specs of the long run, which begin with the date.
const LONG: usize = 10_000;

/// What the operator makes of a spec; what is wrong with it.
fn understood(spec: &Value) -> Result<(), String> {
    let spec: WarmLambdaEndpointSpec = serde_json::from_value(spec.clone()).map_err(|e| e.to_string())?;
    Desired::resolve(&spec, UID, 1, site()).map(drop).map_err(|e| e.to_string())
}

/// Asks the API server, which stores nothing. What it would have stored, or why it would not.
async fn admitted(client: &Client, spec: &Value) -> Result<Value, String> {
    let request = Request {
        method: "POST".into(),
        path: ENDPOINTS.into(),
        query: [("dryRun".to_owned(), "All".to_owned())].into(),
        content_type: "application/json".into(),
        body: json!({"apiVersion": "warmlambda.dev/v1alpha1", "kind": "WarmLambdaEndpoint", "metadata": {"name": "any"}, "spec": spec}),
        ..Request::default()
    };
    let (code, answer) = ask_real(client, &request).await;
    match code {
        201 => Ok(answer["spec"].clone()),
        400 | 422 => Err(answer["message"].to_string()),
        _ => panic!("{code} {answer} to {spec}"),
    }
}

#[tokio::test]
async fn the_operator_takes_what_the_api_server_takes_and_nothing_else() {
    let server = tokio::task::spawn_blocking(control_plane).await.unwrap();
    let client = server.client().await;
    let scene = Scene::new();
    let (begin, count) = if is_long() { (seed(), LONG) } else { (0, SPECS) };
    let mut lot = Lot::new(begin);
    let mut campaign = Campaign::of("specs", "specs at the real API server, whole and broken", "R21");
    let replay = format!("SEED={begin} SIMULATE=long cargo test --test simulation admission -- --nocapture");
    let mut refused = 0;
    for n in 0..count {
        let mut spec = specs::any(&mut lot, &scene);
        for _ in 0..lot.below(3) {
            specs::breaks(&mut lot, &mut spec);
        }
        let text = match (admitted(&client, &spec).await, understood(&spec)) {
            (Ok(stored), _) => understood(&stored)
                .err()
                .map(|why| format!("taken, and not understood ({why}): {stored}")),
            // To serde a list may stand for the fields of an object in their order. It says the same, and only the schema refuses it.
            (Err(why), Ok(())) if !why.contains("must be of type object: \\\"array") => {
                Some(format!("refused ({why}), and acted on: {spec}"))
            }
            (Err(_), _) => {
                refused += 1;
                None
            }
        };
        campaign.count();
        if let Some(text) = text {
            campaign.accuse(format!("spec {n}: {text}"), &replay);
        }
    }
    campaign.note(format!("{refused} refused, {} taken", count - refused));
    campaign.end();
}
