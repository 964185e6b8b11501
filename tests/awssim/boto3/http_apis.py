"""The checks of check.py for HTTP APIs (API Gateway v2)."""

import json

from check import ACCOUNT, REGION, advance, allow, arn, check, client, equal, function, refused, sim, status, traffic, uri

V2 = client("apigatewayv2")


def http_api(target, version="2.0"):
    """An HTTP API with GET /reviews on a function, without a stage: ids of the API, the integration and the route."""
    id = V2.create_api(Name="reviews", ProtocolType="HTTP")["ApiId"]
    made = V2.create_integration(ApiId=id, IntegrationType="AWS_PROXY", IntegrationUri=target, PayloadFormatVersion=version)
    route = V2.create_route(ApiId=id, RouteKey="GET /reviews", Target=f"integrations/{made['IntegrationId']}")
    return id, made["IntegrationId"], route["RouteId"]


def without_metadata(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@check
def an_http_api_is_created_listed_changed_and_deleted():
    made = V2.create_api(Name="fir", ProtocolType="HTTP", Description="d", Tags={"a": "b"})
    equal((status(made), made["Name"], made["Description"], made["Tags"]), (201, "fir", "d", {"a": "b"}))
    equal(made["ApiEndpoint"], f"https://{made['ApiId']}.execute-api.{REGION}.amazonaws.com")
    assert made["CreatedDate"].year >= 1970
    ids = [item["ApiId"] for page in V2.get_paginator("get_apis").paginate(PaginationConfig={"PageSize": 1}) for item in page["Items"]]
    assert made["ApiId"] in ids
    equal(V2.update_api(ApiId=made["ApiId"], Name="larch")["Name"], "larch")
    equal(V2.get_api(ApiId=made["ApiId"])["Description"], "d")
    equal(status(V2.delete_api(ApiId=made["ApiId"])), 204)
    text = f"Invalid API identifier specified {ACCOUNT}:{made['ApiId']}"
    refused(404, "NotFoundException", text, V2.get_api, ApiId=made["ApiId"])


@check
def an_integration_of_an_http_api_is_changed_only_where_it_is_asked_to():
    id, integration, _ = http_api(arn("fir"), version="1.0")
    where = {"ApiId": id, "IntegrationId": integration}
    before = without_metadata(V2.get_integration(**where))
    equal((before["PayloadFormatVersion"], before["ConnectionType"], before["TimeoutInMillis"]), ("1.0", "INTERNET", 30000))
    after = without_metadata(V2.update_integration(**where, IntegrationUri=uri("fir")))
    equal(after, {**before, "IntegrationUri": uri("fir")})
    equal([item["IntegrationId"] for item in V2.get_integrations(ApiId=id)["Items"]], [integration])
    text = "PayloadFormatVersion is a required parameter for integration"
    refused(400, "BadRequestException", text, V2.create_integration, ApiId=id, IntegrationType="AWS_PROXY", IntegrationUri=arn("fir"))


@check
def routes_share_an_integration_that_cannot_be_deleted_then():
    id, integration, route = http_api(arn("fir"))
    target = f"integrations/{integration}"
    other = V2.create_route(ApiId=id, RouteKey="$default", Target=target)
    equal((status(other), other["RouteKey"], other["AuthorizationType"]), (201, "$default", "NONE"))
    equal(sorted(item["RouteKey"] for item in V2.get_routes(ApiId=id)["Items"]), ["$default", "GET /reviews"])
    text = "Route with key $default already exists for this API"
    refused(409, "ConflictException", text, V2.create_route, ApiId=id, RouteKey="$default", Target=target)
    text = "Cannot delete Integration because it is referenced by the following Routes with Ids: ["
    refused(409, "ConflictException", text, V2.delete_integration, ApiId=id, IntegrationId=integration)
    equal(V2.update_route(ApiId=id, RouteId=route, RouteKey="ANY /reviews")["Target"], target)
    equal(V2.get_route(ApiId=id, RouteId=route)["RouteKey"], "ANY /reviews")
    for each in (route, other["RouteId"]):
        equal(status(V2.delete_route(ApiId=id, RouteId=each)), 204)
    equal(status(V2.delete_integration(ApiId=id, IntegrationId=integration)), 204)
    refused(404, "NotFoundException", "Invalid Integration identifier specified", V2.get_integration, ApiId=id, IntegrationId=integration)


@check
def the_lists_of_an_http_api_come_in_pages():
    id, integration, _ = http_api(arn("fir"))
    for number in range(30):
        V2.create_route(ApiId=id, RouteKey=f"GET /more/{number}", Target=f"integrations/{integration}")
    pages = [page["Items"] for page in V2.get_paginator("get_routes").paginate(ApiId=id)]
    equal([len(page) for page in pages], [25, 6])
    refused(400, "BadRequestException", "nextToken", V2.get_routes, ApiId=id, NextToken="nonsense")


@check
def callers_of_an_http_api_see_an_edit_after_a_deployment_and_a_permission():
    name = function(alias="live", warm=1)
    id, integration, _ = http_api(arn(name, "live"))
    V2.create_stage(ApiId=id, StageName="prod")
    equal(traffic(id, "prod", "/reviews")[0], 404)
    deployment = V2.create_deployment(ApiId=id, StageName="prod", Description="first")
    equal((status(deployment), deployment["AutoDeployed"]), (201, False))
    equal(V2.get_deployment(ApiId=id, DeploymentId=deployment["DeploymentId"])["DeploymentStatus"], "DEPLOYED")
    equal(V2.get_stage(ApiId=id, StageName="prod")["DeploymentId"], deployment["DeploymentId"])
    equal(traffic(id, "prod", "/reviews")[0], 500)
    allow(name, source=f"{id}/*/*", Qualifier="live")
    equal(traffic(id, "prod", "/reviews"), (200, "1", True))
    V2.update_integration(ApiId=id, IntegrationId=integration, IntegrationUri=arn(name, "1"))
    advance(60)
    equal(traffic(id, "prod", "/reviews"), (200, "1", True))
    V2.create_deployment(ApiId=id, StageName="prod")
    advance(60)
    equal(traffic(id, "prod", "/reviews")[0], 500)


@check
def a_stage_of_an_http_api_deploys_by_itself_and_takes_no_deployment():
    name = function(alias="live")
    allow(name, source="*/$default", Qualifier="live")
    made = V2.create_api(Name="quick", ProtocolType="HTTP", Target=arn(name))
    id = made["ApiId"]
    [integration] = V2.get_integrations(ApiId=id)["Items"]
    equal((integration["ApiGatewayManaged"], integration["IntegrationUri"]), (True, arn(name)))
    refused(400, "BadRequestException", "managed", V2.delete_integration, ApiId=id, IntegrationId=integration["IntegrationId"])
    V2.update_integration(ApiId=id, IntegrationId=integration["IntegrationId"], IntegrationUri=arn(name, "live"))
    advance(60)
    stage = V2.get_stage(ApiId=id, StageName="$default")
    equal(stage["LastDeploymentStatusMessage"], f"Successfully deployed stage with deployment ID '{stage['DeploymentId']}'")
    equal((stage["AutoDeploy"], stage["ApiGatewayManaged"]), (True, True))
    equal(traffic(id, "$default", "/anything")[:2], (200, "1"))
    deployments = V2.get_deployments(ApiId=id)["Items"]
    assert all(each["AutoDeployed"] and each["DeploymentStatus"] == "DEPLOYED" for each in deployments)
    failed = V2.create_deployment(ApiId=id, StageName="$default")
    equal((status(failed), failed["DeploymentStatus"]), (201, "FAILED"))
    assert "because AutoDeploy is enabled" in failed["DeploymentStatusMessage"]


@check
def stages_of_an_http_api_are_created_changed_and_deleted():
    id, _, _ = http_api(arn("fir"))
    made = V2.create_stage(ApiId=id, StageName="test", StageVariables={"a": "1", "b": "2"})
    equal((status(made), "AutoDeploy" in made, "DeploymentId" in made), (201, False, False))
    changed = V2.update_stage(ApiId=id, StageName="test", StageVariables={"a": "", "c": "3"}, Description="d")
    equal((changed["StageVariables"], changed["Description"]), ({"b": "2", "c": "3"}, "d"))
    deployment = V2.create_deployment(ApiId=id)["DeploymentId"]
    equal(V2.update_stage(ApiId=id, StageName="test", DeploymentId=deployment)["DeploymentId"], deployment)
    text = f"Deployment ID cannot be set on this stage {ACCOUNT}:{id} because AutoDeploy is enabled."
    refused(400, "BadRequestException", text, V2.update_stage, ApiId=id, StageName="test", DeploymentId=deployment, AutoDeploy=True)
    equal([item["StageName"] for item in V2.get_stages(ApiId=id)["Items"]], ["test"])
    text = "Active stages pointing to this deployment must be moved or deleted"
    refused(400, "BadRequestException", text, V2.delete_deployment, ApiId=id, DeploymentId=deployment)
    equal(status(V2.delete_stage(ApiId=id, StageName="test")), 204)
    equal(V2.update_deployment(ApiId=id, DeploymentId=deployment, Description="old")["Description"], "old")
    equal(status(V2.delete_deployment(ApiId=id, DeploymentId=deployment)), 204)
    refused(404, "NotFoundException", "Invalid stage identifier specified", V2.get_stage, ApiId=id, StageName="test")


@check
def the_export_of_an_http_api_shows_a_stage_or_the_edits():
    id, integration, _ = http_api(arn("fir"))
    V2.create_stage(ApiId=id, StageName="prod")
    V2.create_deployment(ApiId=id, StageName="prod")
    V2.update_integration(ApiId=id, IntegrationId=integration, IntegrationUri=uri("fir"))

    def exported(**more):
        answer = V2.export_api(ApiId=id, Specification="OAS30", OutputType="JSON", **more)
        document = json.loads(answer["body"].read())
        return document["paths"]["/reviews"]["get"].get("x-amazon-apigateway-integration", {}).get("uri")

    equal((exported(StageName="prod"), exported(), exported(IncludeExtensions=False)), (arn("fir"), uri("fir"), None))
    refused(404, "NotFoundException", "", V2.export_api, ApiId=id, Specification="OAS30", OutputType="JSON", StageName="nothing")


@check
def both_versions_of_api_gateway_are_throttled_together():
    id, _, _ = http_api(arn("fir"))
    sim("PUT", "/quotas", {"scale": 0.01})
    try:
        V2.get_api(ApiId=id)
        refused(429, "TooManyRequestsException", "Too Many Requests", client("apigateway").get_rest_apis)
    finally:
        sim("PUT", "/quotas", {"enabled": False})
