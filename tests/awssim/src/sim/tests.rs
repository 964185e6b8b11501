use serde_json::json;

use super::*;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn sim() -> Sim {
    Sim::new(World::default(), Clock::manual(1_000_000))
}

fn request(operation: &str, input: &serde_json::Value) -> Request {
    Request::new("POST", "/", input.to_string())
        .with("x-amz-target", &format!("AnyScaleFrontendService.{operation}"))
        .with("user-agent", "test/1")
        .signed(ACCOUNT, REGION, "application-autoscaling")
}

fn register(max: u32) -> Request {
    let id = json!({ "ServiceNamespace": "lambda", "ResourceId": "function:f:live", "ScalableDimension": "lambda:function:ProvisionedConcurrency" });
    let mut input = id;
    input["MinCapacity"] = json!(1);
    input["MaxCapacity"] = json!(max);
    request("RegisterScalableTarget", &input)
}

async fn described(sim: &Sim) -> serde_json::Value {
    let reply = sim
        .handle(request("DescribeScalableTargets", &json!({ "ServiceNamespace": "lambda" })))
        .await;
    serde_json::from_slice(&reply.answer().unwrap().body).unwrap()
}

/// The upper bound that the world has for the target, whatever callers were told.
fn maximum(sim: &Sim) -> Option<u32> {
    sim.with_region(ACCOUNT, REGION, |region, _| {
        region.scalable_targets.get("function:f:live").map(|target| target.max_capacity)
    })
}

#[tokio::test]
async fn the_ledger_tells_who_asked_for_what_and_what_came_of_it() {
    let sim = sim();
    sim.handle(register(5)).await;
    sim.handle(register(0)).await;
    let entries = sim.ledger(&Filter::writes());
    let outcome: Vec<_> = entries
        .iter()
        .map(|e| (e.sequence, e.status, e.code.as_deref(), e.carried_out, e.answered))
        .collect();
    assert_eq!(
        outcome,
        [(1, Some(200), None, 1, true), (2, Some(400), Some("ValidationException"), 1, true)]
    );
    let first = &entries[0];
    assert_eq!(
        (
            first.account.as_str(),
            first.operation.as_str(),
            first.user_agent.as_str(),
            first.time
        ),
        (ACCOUNT, "RegisterScalableTarget", "test/1", 1_000_000)
    );
    assert_eq!(
        (first.parameters["resourceId"].as_str(), first.parameters["maxCapacity"].as_str()),
        ("function:f:live", "5")
    );
}

#[tokio::test]
async fn a_failure_before_applying_changes_nothing() {
    let sim = sim();
    sim.add_fault(Rule::on(
        "RegisterScalableTarget",
        Fault::fail(AwsError::new(403, "AccessDeniedException", "no")),
    ));
    let response = sim.handle(register(5)).await.answer().unwrap();
    assert_eq!(
        (response.status, response.error_code().as_deref()),
        (403, Some("AccessDeniedException"))
    );
    assert_eq!(maximum(&sim), None);
    assert_eq!(sim.ledger(&Filter::writes())[0].carried_out, 0);
}

#[tokio::test]
async fn an_answer_is_lost_after_the_write_was_carried_out() {
    for (how, expected) in [(Loss::Close, Reply::Close), (Loss::Hang, Reply::Hang)] {
        let sim = sim();
        sim.add_fault(Rule::on("RegisterScalableTarget", Fault::LoseAnswer { how }).times(1));
        assert_eq!(sim.handle(register(5)).await, expected);
        assert_eq!(maximum(&sim), Some(5));
        let entry = &sim.ledger(&Filter::writes())[0];
        assert_eq!(
            (entry.status, entry.answered, entry.fault.clone()),
            (Some(200), false, Some(format!("1 LoseAnswer {how:?}")))
        );
    }
}

#[tokio::test]
async fn a_write_that_answers_503_may_have_been_carried_out() {
    let sim = sim();
    sim.add_fault(Rule::on(
        "RegisterScalableTarget",
        Fault::LoseAnswer {
            how: Loss::ServiceUnavailable,
        },
    ));
    assert_eq!(sim.handle(register(5)).await.answer().unwrap().status, 503);
    assert_eq!(maximum(&sim), Some(5));
}

#[tokio::test]
async fn a_duplicate_is_carried_out_twice() {
    let sim = sim();
    sim.handle(register(5)).await;
    sim.add_fault(Rule::on("DeregisterScalableTarget", Fault::Duplicate));
    let input = json!({ "ServiceNamespace": "lambda", "ResourceId": "function:f:live", "ScalableDimension": "lambda:function:ProvisionedConcurrency" });
    let response = sim.handle(request("DeregisterScalableTarget", &input)).await.answer().unwrap();
    assert_eq!(response.error_code().as_deref(), Some("ObjectNotFoundException"));
    assert_eq!(sim.ledger(&Filter::operation("DeregisterScalableTarget"))[0].carried_out, 2);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_request_arrives_although_its_sender_went_away() {
    let sim = sim();
    sim.add_fault(Rule::on("RegisterScalableTarget", Fault::Delay { milliseconds: 10_000 }));
    let given_up = tokio::time::timeout(Duration::from_secs(1), sim.handle(register(5))).await;
    assert!(given_up.is_err());
    assert_eq!(maximum(&sim), None);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(maximum(&sim), Some(5));
}

#[tokio::test]
async fn a_stale_read_sees_what_was_before_a_recent_write() {
    let sim = sim();
    sim.handle(register(5)).await;
    sim.add_fault(Rule::on("DescribeScalableTargets", Fault::Stale { milliseconds: 5000 }));
    sim.advance(Duration::from_secs(60));
    sim.handle(register(9)).await;
    assert_eq!(described(&sim).await["ScalableTargets"][0]["MaxCapacity"], 5);
    sim.advance(Duration::from_millis(5000));
    assert_eq!(described(&sim).await["ScalableTargets"][0]["MaxCapacity"], 9);
}

#[tokio::test]
async fn an_unknown_operation_is_answered_and_noted() {
    let sim = sim();
    let response = sim
        .handle(Request::new("GET", "/nowhere", "").signed(ACCOUNT, REGION, "s3"))
        .await
        .answer()
        .unwrap();
    assert_eq!(
        (response.status, response.error_code().as_deref()),
        (404, Some("UnknownOperationException"))
    );
    assert_eq!(sim.ledger(&Filter::default())[0].operation, "GET /nowhere");
}

#[tokio::test]
async fn accounts_and_regions_do_not_see_each_other() {
    let sim = sim();
    sim.handle(register(5)).await;
    let elsewhere = Request::new("POST", "/", r#"{"ServiceNamespace":"lambda"}"#)
        .with("x-amz-target", "AnyScaleFrontendService.DescribeScalableTargets")
        .signed(ACCOUNT, "us-east-1", "application-autoscaling");
    let body: serde_json::Value = serde_json::from_slice(&sim.handle(elsewhere).await.answer().unwrap().body).unwrap();
    assert_eq!(body["ScalableTargets"], json!([]));
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let sim = sim();
    let first = sim.handle(register(5)).await.answer().unwrap();
    let second = sim.handle(register(5)).await.answer().unwrap();
    assert_ne!(first.header("x-amzn-requestid"), None);
    assert_ne!(first.header("x-amzn-requestid"), second.header("x-amzn-requestid"));
}

#[tokio::test]
async fn a_dump_does_not_depend_on_how_many_reads_came_before() {
    let sim = sim();
    let read = |path: &str| Request::new("GET", path, "").signed(ACCOUNT, REGION, "lambda");
    sim.handle(read("/2015-03-31/functions")).await;
    let before = sim.world();
    for path in [
        "/2015-03-31/functions",
        "/2015-03-31/event-source-mappings",
        "/2015-03-31/functions/nobody",
    ] {
        sim.handle(read(path)).await;
    }
    assert_eq!(sim.world(), before);
}
