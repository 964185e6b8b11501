//! The shell against awssim: real protocols on a real socket.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_sdk_lambda::config::Credentials;
use awssim::server::Server;
use awssim::sim::Sim;
use awssim::sim::clock::Clock;
use awssim::sim::fault::{Fault, Loss, Matching, Rule};
use awssim::sim::ledger::Filter;
use awssim::world::autoscaling::Registration;
use awssim::world::rest_api::{NewDeployment, NewIntegration, NewMethod, NewRestApi};
use awssim::world::{Version, World};

use super::desired;
use crate::aws::call::Unobserved;
use crate::aws::clients::{Aws, Settings, https, loader};
use crate::aws::{Cloud, Look};
use crate::plan::arn::Site;
use crate::plan::desired::{Desired, DesiredRestApi, MethodKey};
use crate::plan::failure::{Class, Effect, Failure};
use crate::plan::memory::Memory;
use crate::plan::observed::{AllocationState, Observed, ScalingBounds};
use crate::plan::policy::statement_id;
use crate::plan::step::{MovePurpose, Step};
use crate::plan::subject::Subject;

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const REGION: &str = "eu-west-1";

/// A function that was never published, and an API whose one method calls it without an alias.
pub(super) async fn world() -> (Server, Aws, Desired) {
    let sim = Sim::new(World::default(), Clock::real());
    let api_id = sim.with_region(ACCOUNT, REGION, |region, now| {
        region.create_function("fir-api", Version::of("one"), false).unwrap();
        region.settle(now + 60_000);
        let api = region
            .create_rest_api(
                now,
                NewRestApi {
                    name: "public".into(),
                    ..Default::default()
                },
            )
            .unwrap();
        let resource = region.create_resource(&api.id, &api.root_resource_id, "reviews").unwrap();
        let open = NewMethod {
            authorization_type: "NONE".into(),
            ..NewMethod::default()
        };
        region.put_method(&api.id, &resource.id, "GET", open).unwrap();
        let to_function = NewIntegration {
            kind: "AWS_PROXY".into(),
            http_method: Some("POST".into()),
            uri: Some(desired().site.invocation_uri(&desired().function_arn())),
            ..NewIntegration::default()
        };
        region.put_integration(&api.id, &resource.id, "GET", to_function).unwrap();
        let to_prod = NewDeployment {
            stage_name: Some("prod".into()),
            ..NewDeployment::default()
        };
        region.create_deployment(now, &api.id, to_prod).unwrap();
        api.id
    });
    let server = Server::start("127.0.0.1:0", sim).await.unwrap();
    let aws = aws_at(&server.url()).await;
    let trigger = DesiredRestApi {
        api_id,
        ..desired().rest_apis[0].clone()
    };
    (
        server,
        aws,
        Desired {
            rest_apis: vec![trigger],
            ..desired()
        },
    )
}

pub(super) async fn aws_at(url: &str) -> Aws {
    aws_with(url, Settings::default()).await
}

pub(super) async fn aws_with(url: &str, settings: Settings) -> Aws {
    let credentials = Credentials::new(ACCOUNT, "secret", None, None, "test");
    let config = loader(https()).credentials_provider(credentials).endpoint_url(url);
    let config = config.region(aws_config::Region::new(REGION)).load().await;
    Aws::with_config(config, settings, Arc::new(Unobserved))
}

pub(super) async fn observe(aws: &Aws, desired: &Desired) -> Observed {
    aws.observe(desired, &Memory::default(), Look::Chain).await.unwrap()
}

fn publish(observed: &Observed) -> Step {
    let latest = observed.function.clone().unwrap();
    Step::PublishVersion {
        code_sha256: latest.code_sha256,
        revision_id: latest.revision_id,
        fingerprint: latest.fingerprint,
    }
}

fn create_alias() -> Step {
    Step::CreateAlias {
        version: 1,
        description: "ours".into(),
    }
}

fn update_alias(observed: &Observed) -> Step {
    Step::UpdateAlias {
        version: 1,
        revision_id: observed.alias.clone().unwrap().revision_id,
        purpose: MovePurpose::Rollout,
    }
}

#[tokio::test]
async fn the_site_is_that_of_the_credentials() {
    let (_server, aws, desired) = world().await;
    let expected = Site {
        partition: "aws".into(),
        account: ACCOUNT.into(),
        region: REGION.into(),
    };
    assert_eq!(aws.site(REGION).await.unwrap(), expected);
    assert_eq!(desired.site, expected);
}

#[tokio::test]
async fn a_chain_is_built_step_by_step_and_each_step_is_observed() {
    let (server, aws, desired) = world().await;
    let seen = observe(&aws, &desired).await;
    assert_eq!((seen.versions.clone().unwrap().len(), &seen.alias), (0, &None));

    let published = aws.execute(&desired, &publish(&seen)).await.unwrap();
    assert_eq!(published.version, Some(1));
    aws.execute(&desired, &create_alias()).await.unwrap();
    aws.execute(&desired, &Step::PutCapacity { requested: 3 }).await.unwrap();
    let seen = observe(&aws, &desired).await;
    let (latest, version) = (seen.function.clone().unwrap(), seen.versions.clone().unwrap()[&1].clone());
    assert_eq!(latest.fingerprint, version.fingerprint);
    assert_eq!(seen.alias.clone().unwrap().version, Some(1));
    assert_eq!(seen.capacity.unwrap().state, AllocationState::InProgress);

    let api_id = &desired.rest_apis[0].api_id;
    let source_arn = desired.site.execution_arn(api_id, "*/*");
    let permit = Step::AddPermission {
        statement_id: statement_id(&desired, &source_arn),
        source_arn,
        revision_id: None,
    };
    aws.execute(&desired, &permit).await.unwrap();
    aws.execute(&desired, &permit).await.unwrap();
    let method = MethodKey {
        path: "/reviews".into(),
        http_method: "GET".into(),
    };
    let uri = desired.site.invocation_uri(&desired.alias_arn());
    let found = seen.rest_apis[api_id].methods.clone().unwrap()[&method].clone();
    let retarget = Step::UpdateIntegration {
        api_id: api_id.clone(),
        resource_id: found.resource_id,
        method: method.clone(),
        uri: uri.clone(),
    };
    aws.execute(&desired, &retarget).await.unwrap();
    let seen = observe(&aws, &desired).await;
    let api = &seen.rest_apis[api_id];
    let current = api.methods.clone().unwrap()[&method].integration.clone().unwrap().uri.unwrap();
    let deployed = api.stages["prod"].deployed.clone().unwrap()[&method].uri.clone();
    assert_eq!(
        (current, deployed),
        (uri.clone(), desired.site.invocation_uri(&desired.function_arn()))
    );

    let deploy = Step::DeployStage {
        api_id: api_id.clone(),
        stage: "prod".into(),
    };
    aws.execute(&desired, &deploy).await.unwrap();
    server.sim.advance(Duration::from_secs(600));
    let seen = observe(&aws, &desired).await;
    assert_eq!(seen.rest_apis[api_id].stages["prod"].deployed.clone().unwrap()[&method].uri, uri);
    assert_eq!(seen.capacity.unwrap().state, AllocationState::Ready);
    assert_eq!(seen.policy.unwrap().statements.len(), 1);
}

#[tokio::test]
async fn guards_are_told_from_other_refusals() {
    let (_server, aws, desired) = world().await;
    let seen = observe(&aws, &desired).await;
    aws.execute(&desired, &publish(&seen)).await.unwrap();
    aws.execute(&desired, &create_alias()).await.unwrap();
    let class = |result: Result<_, Failure>| result.unwrap_err().class;
    assert_eq!(class(aws.execute(&desired, &create_alias()).await), Class::Conflict);
    let Step::PublishVersion {
        revision_id,
        fingerprint,
        code_sha256,
    } = publish(&seen)
    else {
        unreachable!()
    };
    let other_code = Step::PublishVersion {
        code_sha256: "other=".into(),
        revision_id,
        fingerprint: fingerprint.clone(),
    };
    assert_eq!(class(aws.execute(&desired, &other_code).await), Class::Precondition);
    let other_revision = Step::PublishVersion {
        code_sha256,
        revision_id: "other".into(),
        fingerprint,
    };
    assert_eq!(class(aws.execute(&desired, &other_revision).await), Class::Precondition);
    let stale = Step::UpdateAlias {
        version: 1,
        revision_id: "other".into(),
        purpose: MovePurpose::Rollout,
    };
    assert_eq!(class(aws.execute(&desired, &stale).await), Class::Precondition);
    let too_much = Step::PutCapacity { requested: 1_000_000 };
    assert_eq!(class(aws.execute(&desired, &too_much).await), Class::Quota);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_carried_out_once_and_unknown() {
    for how in [
        Loss::Close,
        Loss::Truncate,
        Loss::InternalError,
        Loss::ServiceUnavailable,
        Loss::Html,
    ] {
        let (server, aws, desired) = world().await;
        let seen = observe(&aws, &desired).await;
        aws.execute(&desired, &publish(&seen)).await.unwrap();
        aws.execute(&desired, &create_alias()).await.unwrap();
        let step = update_alias(&observe(&aws, &desired).await);
        let matching = Matching {
            operation: Some("UpdateAlias".into()),
            ..Matching::default()
        };
        server.sim.add_fault(Rule {
            matching,
            skip: 0,
            times: None,
            fault: Fault::LoseAnswer { how },
        });
        let failure = aws.execute(&desired, &step).await.unwrap_err();
        assert_eq!(
            (failure.class.clone(), failure.effect),
            (Class::Transient, Effect::Unknown),
            "{how:?}: {failure}"
        );
        let filter = Filter {
            operation: Some("UpdateAlias".into()),
            ..Filter::default()
        };
        let entries = server.sim.ledger(&filter);
        assert_eq!(entries.len(), 1, "{how:?}");
        assert_eq!(entries[0].carried_out, 1, "{how:?}");
    }
}

#[tokio::test]
async fn a_write_that_never_reached_a_server_was_not_applied() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let aws = aws_at(&url).await;
    let failure = aws.execute(&desired(), &create_alias()).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.effect),
        (Class::Transient, Effect::NotApplied),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn who_has_no_credentials_sends_nothing() {
    let (server, _, desired) = world().await;
    let token = StaticConfiguration {
        web_identity_token_file: "/no/such/token".into(),
        role_arn: "arn:aws:iam::111122223333:role/op".into(),
        session_name: "s".into(),
    };
    let unreadable = WebIdentityTokenCredentialsProvider::builder().static_configuration(token).build();
    let region = || aws_config::Region::new(REGION);
    let bare = || loader(https()).endpoint_url(server.url()).region(region());
    for config in [
        bare().credentials_provider(unreadable).load().await,
        bare().no_credentials().load().await,
    ] {
        let aws = Aws::with_config(config, Settings::default(), Arc::new(Unobserved));
        let failure = aws.execute(&desired, &create_alias()).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.effect),
            (Class::Credentials, Effect::NotApplied),
            "{}",
            failure.message
        );
    }
    assert!(server.sim.ledger(&Filter::default()).is_empty());
}

#[tokio::test]
async fn bounds_of_an_autoscaler_are_observed() {
    let (server, aws, desired) = world().await;
    let bounds = Registration {
        min_capacity: Some(2),
        max_capacity: Some(9),
        suspended: None,
    };
    server.sim.with_region(ACCOUNT, REGION, |region, now| {
        region.publish_version("fir-api", None, None, None).unwrap();
        region.create_alias("fir-api", "live", "1", Default::default(), "").unwrap();
        region.register_scalable_target("function:fir-api:live", bounds, now).unwrap();
    });
    let seen = observe(&aws, &desired).await;
    assert_eq!(seen.scaling, Some(ScalingBounds { min: 2, max: 9 }));
}

#[tokio::test]
async fn usage_of_the_fleet_comes_in_one_call() {
    let (server, aws, _) = world().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let minutes_ago = u64::try_from((now - Duration::from_secs(300)).as_millis()).unwrap();
    server.sim.with_region(ACCOUNT, REGION, |region, _| {
        let of_alias = [("FunctionName", "fir-api"), ("Resource", "fir-api:live")];
        for (name, value) in [("ProvisionedConcurrencyUtilization", 0.75), ("Invocations", 4.0)] {
            region.metrics.record(minutes_ago, "AWS/Lambda", name, &of_alias, value);
        }
    });
    let subjects = ["fir-api", "quiet"].map(|function| Subject {
        function: function.into(),
        alias: "live".into(),
        ..Subject::default()
    });
    let usage = aws.usage(REGION, &subjects).await.unwrap();
    assert_eq!((usage[0].utilization, usage[0].invocations), (Some(0.75), Some(4.0)));
    assert_eq!(usage[0].spillover, None);
    assert_eq!((usage[1].utilization, usage[1].observed), (None, None));
    assert_eq!(server.sim.ledger(&Filter::default()).len(), 1);
}
