use super::*;
use crate::world::http_api::{HttpApiChange, Page};

/// Deployments that were made by themselves.
fn automatic(region: &Region) -> usize {
    let page = Page {
        max_results: Some("500".into()),
        ..Page::default()
    };
    let all = region.get_http_deployments(API, &page).unwrap().items;
    all.iter().filter(|deployment| deployment.auto_deployed).count()
}

/// AWS-105.
#[test]
fn a_stage_that_deploys_by_itself_shows_an_edit_some_seconds_later() {
    let mut region = region();
    retarget(&mut region, "fir-api:next");
    assert_eq!(reached(&mut region, "auto", NOW + 1_999), "1");
    assert_eq!(reached(&mut region, "auto", NOW + 2_000), "2");
    assert_eq!(reached(&mut region, "prod", NOW + 2_000), "1");
    let stage = region.get_http_stage(API, "auto").unwrap().stage;
    let id = stage.deployment_id.unwrap();
    assert_eq!(
        stage.last_deployment_status_message,
        Some(format!("Successfully deployed stage with deployment ID '{id}'"))
    );
    let made = region.get_http_deployment(API, &id).unwrap();
    assert_eq!(
        (made.auto_deployed, made.description.as_deref()),
        (true, Some("Automatic deployment triggered by changes to the Api configuration"))
    );
}

/// AWS-105.
#[test]
fn routes_integrations_and_the_api_are_deployed_when_they_change_but_not_an_integration_that_comes_or_goes() {
    let mut region = region();
    let mut now = NOW;
    let mut deploys = |region: &mut Region, change: &mut dyn FnMut(&mut Region, u64)| {
        let before = automatic(region);
        change(region, now);
        now += 60_000;
        region.settle(now);
        automatic(region) - before
    };
    let new = IntegrationChange {
        integration_type: Some("AWS_PROXY".into()),
        payload_format_version: Some("2.0".into()),
        ..to("fir-api:next")
    };
    let mut integration = String::new();
    let mut route = String::new();
    assert_eq!(
        deploys(&mut region, &mut |r, _| integration =
            r.create_http_integration(API, new.clone()).unwrap().id),
        0
    );
    let key = new_route("GET /new", &integration);
    assert_eq!(
        deploys(&mut region, &mut |r, now| route =
            r.create_http_route(now, API, key.clone()).unwrap().route.route_id),
        1
    );
    assert_eq!(
        deploys(&mut region, &mut |r, now| drop(
            r.update_http_route(now, API, &route, RouteChange::default()).unwrap()
        )),
        1
    );
    let unchanged = IntegrationChange::default;
    assert_eq!(
        deploys(&mut region, &mut |r, now| drop(
            r.update_http_integration(now, API, &integration, unchanged()).unwrap()
        )),
        1
    );
    assert_eq!(
        deploys(&mut region, &mut |r, now| r.delete_http_route(now, API, &route).unwrap()),
        1
    );
    assert_eq!(
        deploys(&mut region, &mut |r, _| r.delete_http_integration(API, &integration).unwrap()),
        0
    );
    assert_eq!(
        deploys(&mut region, &mut |r, now| drop(
            r.update_http_api(now, API, HttpApiChange::default()).unwrap()
        )),
        1
    );
}

/// AWS-105.
#[test]
fn a_deployment_id_cannot_be_set_while_a_stage_deploys_by_itself() {
    let mut region = region();
    let id = region.create_http_deployment(NOW, API, None, None).unwrap().id;
    let change = |auto_deploy| StageChange {
        deployment_id: Some(id.clone()),
        auto_deploy,
        ..StageChange::default()
    };
    let expected = "Deployment ID cannot be set on this stage 111122223333:h1i2j3k4l5 because AutoDeploy is enabled.";
    let before = region.get_http_stage(API, "prod").unwrap();
    assert_eq!(text(region.update_http_stage(NOW, API, "auto", change(None))).2, expected);
    assert_eq!(text(region.update_http_stage(NOW, API, "prod", change(Some(true)))).2, expected);
    assert_eq!(region.get_http_stage(API, "prod").unwrap(), before);
    region.update_http_stage(NOW, API, "auto", change(Some(false))).unwrap();
    assert_eq!(region.get_http_stage(API, "auto").unwrap().stage.deployment_id, Some(id.clone()));
}

/// AWS-105.
#[test]
fn a_stage_that_begins_to_deploy_by_itself_gets_its_deployment_a_moment_later() {
    let mut region = region();
    let made = region.create_http_stage(NOW, API, "test", auto()).unwrap();
    assert_eq!(made.stage.deployment_id, None);
    assert_eq!(call(&mut region, "test", "GET", "/reviews").status, 404);
    region.settle(NOW + 2_000);
    assert_eq!(call(&mut region, "test", "GET", "/reviews").status, 200);
}

#[test]
fn an_api_without_routes_is_not_deployed_and_the_stage_says_so() {
    let mut region = with_api("{name: bare}");
    region.create_http_stage(NOW, API, "auto", auto()).unwrap();
    region.settle(NOW + 2_000);
    let stage = region.get_http_stage(API, "auto").unwrap().stage;
    assert_eq!(stage.deployment_id, None);
    assert_eq!(
        stage.last_deployment_status_message.as_deref(),
        Some("Deployment attempt failed: Unable to deploy API because no routes exist in this API")
    );
}

/// AWS-105, AWS-106.
#[test]
fn a_deployment_by_itself_that_fails_is_said_on_the_stage() {
    let mut region = region();
    region.settings.http_deployment_failure = Some("no luck".into());
    retarget(&mut region, "fir-api:next");
    assert_eq!(reached(&mut region, "auto", NOW + 60_000), "1");
    let stage = region.get_http_stage(API, "auto").unwrap().stage;
    assert_eq!(
        stage.last_deployment_status_message.as_deref(),
        Some("Deployment attempt failed: no luck")
    );
}

#[test]
fn two_edits_close_to_each_other_go_out_in_one_deployment() {
    let mut region = region();
    retarget(&mut region, "fir-api:stranger");
    region.settle(NOW + 1_000);
    retarget(&mut region, "fir-api:next");
    assert_eq!(reached(&mut region, "auto", NOW + 2_000), "2");
    region.settle(NOW + 60_000);
    assert_eq!(automatic(&region), 1);
}
