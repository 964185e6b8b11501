use super::*;
use crate::world::http_api::DeploymentStatus::{Deployed, Failed, Pending};

/// AWS-105.
#[test]
fn an_edit_is_invisible_on_a_stage_that_does_not_deploy_by_itself_until_a_deployment() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    region.settle(NOW + 60_000);
    assert_eq!(reached(&mut region, "prod", NOW + 60_000), "1");
    deploy(&mut region);
    assert_eq!(reached(&mut region, "prod", NOW + 60_000), "2");
}

/// AWS-106.
#[test]
fn a_deployment_is_done_at_once_unless_the_region_says_otherwise() {
    let mut region = region();
    let id = deploy(&mut region);
    assert_eq!(region.get_http_deployment(API, &id).unwrap().status, Deployed);
    assert_eq!(region.get_http_stage(API, "prod").unwrap().stage.deployment_id, Some(id));
}

/// AWS-106.
#[test]
fn a_pending_deployment_serves_nobody_before_it_is_deployed() {
    let mut region = region();
    region.settings.http_deployment_ms = 5_000;
    let before = region.get_http_stage(API, "prod").unwrap().stage.deployment_id;
    retarget(&mut region, "fir-api:next");
    let id = deploy(&mut region);
    region.settle(NOW + 4_999);
    assert_eq!(region.get_http_deployment(API, &id).unwrap().status, Pending);
    assert_eq!(region.get_http_stage(API, "prod").unwrap().stage.deployment_id, before);
    assert_eq!(reached(&mut region, "prod", NOW + 4_999), "1");
    assert_eq!(reached(&mut region, "prod", NOW + 5_000), "2");
    assert_eq!(region.get_http_deployment(API, &id).unwrap().status, Deployed);
}

/// AWS-106.
#[test]
fn a_failed_deployment_leaves_its_stage_where_it_was() {
    let mut region = region();
    region.settings.http_deployment_failure = Some("no luck".into());
    retarget(&mut region, "fir-api:next");
    let id = deploy(&mut region);
    let failed = region.get_http_deployment(API, &id).unwrap();
    assert_eq!((failed.status, failed.status_message.as_deref()), (Failed, Some("no luck")));
    assert_eq!(reached(&mut region, "prod", NOW), "1");
}

/// AWS-105, AWS-106.
#[test]
fn a_deployment_for_a_stage_that_deploys_by_itself_is_made_and_has_failed() {
    let mut region = region();
    let before = region.get_http_stage(API, "auto").unwrap();
    let made = region.create_http_deployment(NOW, API, Some("auto".into()), None).unwrap();
    assert_eq!((made.status, made.auto_deployed), (Failed, false));
    let message = made.status_message.unwrap();
    assert_eq!(
        message,
        r#"{"message":"Deployment ID cannot be set on this stage 111122223333:h1i2j3k4l5 because AutoDeploy is enabled."}"#
    );
    assert_eq!(region.get_http_stage(API, "auto").unwrap(), before);
}

/// AWS-106.
#[test]
fn a_deployment_needs_a_stage_that_exists_and_an_api_with_routes() {
    let mut region = region();
    let unknown = text(region.create_http_deployment(NOW, API, Some("test".into()), None));
    assert_eq!(
        unknown.2,
        "Stage test does not exist. StageName specified on a CreateDeployment request must exist so the stage can be updated with the new deployment."
    );
    let mut bare = with_api("{name: bare}");
    let empty = text(bare.create_http_deployment(NOW, API, None, None));
    assert_eq!(
        empty,
        (
            400,
            "BadRequestException".into(),
            "Unable to deploy API because no routes exist in this API".into()
        )
    );
}

/// AWS-106.
#[test]
fn a_stage_is_moved_to_a_deployment_that_was_made_without_one() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    let id = region.create_http_deployment(NOW, API, None, None).unwrap().id;
    assert_eq!(reached(&mut region, "prod", NOW), "1");
    let change = StageChange {
        deployment_id: Some(id.clone()),
        ..StageChange::default()
    };
    region.update_http_stage(NOW, API, "prod", change).unwrap();
    assert_eq!(reached(&mut region, "prod", NOW), "2");
    let refused = text(region.delete_http_deployment(API, &id));
    assert_eq!(refused.2, "Active stages pointing to this deployment must be moved or deleted");
}

#[test]
fn callers_see_the_old_deployment_until_the_new_one_has_spread() {
    let mut region = region();
    region.deployment_propagation_ms = 10_000;
    retarget(&mut region, "fir-api:next");
    deploy(&mut region);
    assert_eq!(reached(&mut region, "prod", NOW + 9_999), "1");
    assert_eq!(reached(&mut region, "prod", NOW + 10_000), "2");
}

#[test]
fn a_stage_name_is_refused_as_recorded() {
    let mut region = region();
    let mut refused = |name: &str| text(region.create_http_stage(NOW, API, name, StageChange::default())).2;
    assert_eq!(refused(""), "Stage name must be non-empty");
    assert_eq!(refused("stage/name"), "Stage name cannot contain slashes");
    assert_eq!(refused("$stage"), "Stage name only allows a-zA-Z0-9_");
    assert_eq!(refused("prod"), "Stage already exists");
    region.create_http_stage(NOW, API, "$default", StageChange::default()).unwrap();
    region.create_http_stage(NOW, API, "from-existing", StageChange::default()).unwrap();
}
