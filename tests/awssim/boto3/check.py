#!/usr/bin/env python3
"""Every operation of awssim as boto3 sees it: success shapes, and AWS's own error codes and texts.

    awssim --clock manual & python3 check.py [http://127.0.0.1:4599]

Works in an account of its own that no run before it used, under any clock. Needs boto3; ends with `N passed, N failed` and exit code 0 or 1.
"""

import io
import json
import random
import sys
import traceback
import urllib.request
import zipfile
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://127.0.0.1:4599"
REGION = "eu-west-1"
ACCOUNT = f"9{random.randrange(10**11):011d}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/fir"
CHECKS = []


def check(function):
    """Registers a check; its name is the sentence that it checks."""
    CHECKS.append(function)
    return function


def client(service, session=None):
    """A client in the account of this run, without retries: every answer is looked at."""
    return (session or boto3).client(
        service, endpoint_url=URL, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 0}, parameter_validation=False),
    )


def sim(method, path, body=None):
    """One call of the control plane."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + "/_sim" + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
        return json.loads(text) if text else None


def advance(seconds):
    sim("POST", "/clock", {"advanceSeconds": seconds})


def traffic(api, stage, path):
    """A request of a user: status, the version that answered, and whether it was warm."""
    try:
        answer = urllib.request.urlopen(f"{URL}/_sim/traffic/{ACCOUNT}/{REGION}/{api}/{stage}{path}", timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers.get("x-awssim-version"), answer.headers.get("x-awssim-warm") == "true"


def equal(found, expected):
    assert found == expected, f"{found!r} instead of {expected!r}"


def refused(status, code, text, call, **arguments):
    """The call must fail with this status and code, and its text must hold `text`."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        found = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        equal(found, (status, code))
        message = error.response["Error"]["Message"]
        assert text in message, f"{message!r} does not hold {text!r}"
        return error.response
    raise AssertionError(f"no error but {answer}")


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def package(text):
    """A deployment package whose only file says how the simulated function behaves."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), text)
    return buffer.getvalue()


L = client("lambda")
G = client("apigateway")
AAS = client("application-autoscaling")
NAMES = iter(f"fir-{n}" for n in range(1000))


def function(versions=1, alias=None, warm=None):
    """A new function with that many published versions; the alias points to the first one."""
    name = next(NAMES)
    L.create_function(FunctionName=name, Role=ROLE, Runtime="python3.12", Handler="index.handler", Code={"ZipFile": package("v1")})
    advance(60)
    for number in range(1, versions + 1):
        if number > 1:
            L.update_function_code(FunctionName=name, ZipFile=package(f"v{number}"))
            advance(60)
        equal(L.publish_version(FunctionName=name)["Version"], str(number))
    if alias:
        L.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")
    if warm:
        L.put_provisioned_concurrency_config(FunctionName=name, Qualifier=alias, ProvisionedConcurrentExecutions=warm)
        advance(600)
    return name


def arn(name, qualifier=None):
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}" + (f":{qualifier}" if qualifier else "")


# --- STS ---------------------------------------------------------------------------------------------------------------


@check
def the_caller_is_the_account_of_its_access_key():
    answer = client("sts").get_caller_identity()
    equal((answer["Account"], status(answer)), (ACCOUNT, 200))
    assert answer["Arn"].startswith(f"arn:aws:iam::{ACCOUNT}:") and answer["UserId"]


# --- Lambda: functions and versions ------------------------------------------------------------------------------------


@check
def a_function_is_created_read_and_deleted():
    name = next(NAMES)
    code = {"ZipFile": package("v1")}
    created = L.create_function(FunctionName=name, Role=ROLE, Runtime="python3.12", Handler="index.handler", Code=code, MemorySize=256, Timeout=5)
    equal((status(created), created["FunctionArn"], created["State"], created["Version"]), (201, arn(name), "Pending", "$LATEST"))
    advance(60)
    read = L.get_function(FunctionName=name)
    configuration = read["Configuration"]
    equal((configuration["State"], configuration["LastUpdateStatus"]), ("Active", "Successful"))
    equal((configuration["MemorySize"], configuration["Timeout"], configuration["CodeSha256"]), (256, 5, created["CodeSha256"]))
    assert configuration["RevisionId"] != created["RevisionId"], "AWS-6"
    assert read["Code"]["RepositoryType"] == "S3"
    equal(L.get_function_configuration(FunctionName=name)["RevisionId"], configuration["RevisionId"])
    equal(status(L.delete_function(FunctionName=name)), 204)
    refused(404, "ResourceNotFoundException", f"Function not found: {arn(name)}", L.get_function, FunctionName=name)


@check
def an_existing_function_is_not_created_again():
    name = function()
    arguments = {"FunctionName": name, "Role": ROLE, "Runtime": "python3.12", "Handler": "h", "Code": {"ZipFile": package("x")}}
    refused(409, "ResourceConflictException", f"Function already exist: {name}", L.create_function, **arguments)


@check
def a_name_with_qualifier_and_a_whole_arn_name_the_same():
    name = function(alias="live")
    for given in (f"{name}:live", arn(name, "live"), f"{ACCOUNT}:function:{name}:live"):
        answer = L.get_function(FunctionName=given)["Configuration"]
        equal((answer["FunctionArn"], answer["Version"]), (arn(name, "live"), "1"))
    text = "The derived qualifier from the function name does not match the specified qualifier."
    refused(400, "InvalidParameterValueException", text, L.get_function, FunctionName=f"{name}:live", Qualifier="1")


@check
def unchanged_code_is_not_published_twice():
    name = function()
    again = L.publish_version(FunctionName=name)
    equal((status(again), again["Version"]), (201, "1"))
    L.update_function_code(FunctionName=name, ZipFile=package("v2"))
    advance(60)
    equal(L.publish_version(FunctionName=name, Description="second")["Version"], "2")


@check
def publishing_is_guarded_by_hash_and_revision():
    name = function()
    text = "CodeSHA256 (nonsense) is different from current CodeSHA256 in $LATEST ("
    refused(400, "InvalidParameterValueException", text, L.publish_version, FunctionName=name, CodeSha256="nonsense")
    text = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    refused(412, "PreconditionFailedException", text, L.publish_version, FunctionName=name, RevisionId="00000000-0000-0000-0000-000000000000")


@check
def nothing_is_published_or_updated_while_an_update_is_in_progress():
    name = function()
    updated = L.update_function_configuration(FunctionName=name, MemorySize=512)
    equal((updated["LastUpdateStatus"], updated["MemorySize"]), ("InProgress", 512))
    text = f"The operation cannot be performed at this time. An update is in progress for resource: {arn(name)}"
    refused(409, "ResourceConflictException", text, L.publish_version, FunctionName=name)
    refused(409, "ResourceConflictException", text, L.update_function_code, FunctionName=name, ZipFile=package("v2"))
    advance(60)
    equal(L.publish_version(FunctionName=name)["Version"], "2")


@check
def the_versions_of_a_function_come_in_pages():
    name = function(versions=3)
    pages = [page["Versions"] for page in L.get_paginator("list_versions_by_function").paginate(FunctionName=name, PaginationConfig={"PageSize": 2})]
    equal([version["Version"] for page in pages for version in page], ["$LATEST", "1", "2", "3"])
    equal(len(pages), 2)
    assert all("State" not in version for page in pages for version in page), "AWS-9"
    refused(404, "ResourceNotFoundException", "Function not found: ", L.list_versions_by_function, FunctionName="nothing")


@check
def a_version_that_an_alias_points_to_is_not_deleted():
    name = function(versions=2, alias="live")
    refused(409, "ResourceConflictException", "live", L.delete_function, FunctionName=name, Qualifier="1")
    equal(status(L.delete_function(FunctionName=name, Qualifier="2")), 204)
    refused(404, "ResourceNotFoundException", f"Function not found: {arn(name, 2)}", L.get_function, FunctionName=name, Qualifier="2")


# --- Lambda: aliases ---------------------------------------------------------------------------------------------------


@check
def an_alias_is_created_read_moved_listed_and_deleted():
    name = function(versions=2)
    created = L.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="d")
    equal((status(created), created["AliasArn"], created["FunctionVersion"], created["Description"]), (201, arn(name, "live"), "1", "d"))
    assert "RoutingConfig" not in created
    equal(L.get_alias(FunctionName=name, Name="live")["RevisionId"], created["RevisionId"])
    moved = L.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RevisionId=created["RevisionId"])
    equal((moved["FunctionVersion"], moved["Description"]), ("2", "d"))
    assert moved["RevisionId"] != created["RevisionId"]
    equal([alias["Name"] for alias in L.list_aliases(FunctionName=name)["Aliases"]], ["live"])
    equal(L.list_aliases(FunctionName=name, FunctionVersion="1")["Aliases"], [])
    equal([status(L.delete_alias(FunctionName=name, Name="live")) for _ in range(2)], [204, 204])
    refused(404, "ResourceNotFoundException", f"Cannot find alias arn: {arn(name, 'live')}", L.get_alias, FunctionName=name, Name="live")


@check
def what_is_wrong_with_an_alias_is_said_in_awss_words():
    name = function(alias="live")
    refused(409, "ResourceConflictException", f"Alias already exists: {arn(name, 'live')}", L.create_alias, FunctionName=name, Name="live", FunctionVersion="1")
    refused(400, "ValidationException", "'42' at 'name' failed to satisfy constraint", L.create_alias, FunctionName=name, Name="42", FunctionVersion="1")
    refused(404, "ResourceNotFoundException", f"Function not found: {arn(name, 10)}", L.create_alias, FunctionName=name, Name="x", FunctionVersion="10")
    refused(404, "ResourceNotFoundException", f"Alias not found: {arn(name, 'x')}", L.update_alias, FunctionName=name, Name="x", FunctionVersion="1")
    text = "The Revision Id provided does not match the latest Revision Id."
    refused(412, "PreconditionFailedException", text, L.update_alias, FunctionName=name, Name="live", FunctionVersion="1", RevisionId="0")


@check
def weights_are_set_and_cleared():
    name = function(versions=3, alias="live")
    weighted = L.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
    equal(weighted["RoutingConfig"], {"AdditionalVersionWeights": {"2": 0.25}})
    two = {"AdditionalVersionWeights": {"2": 0.1, "3": 0.1}}
    text = "Number of items in AdditionalVersionWeights cannot be greater than 1"
    refused(400, "InvalidParameterValueException", text, L.update_alias, FunctionName=name, Name="live", RoutingConfig=two)
    text = "Invalid function version 1. Function version 1 is already included in routing configuration."
    same = {"AdditionalVersionWeights": {"1": 0.1}}
    refused(400, "InvalidParameterValueException", text, L.update_alias, FunctionName=name, Name="live", RoutingConfig=same)
    cleared = L.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert not cleared.get("RoutingConfig", {}).get("AdditionalVersionWeights")


# --- Lambda: provisioned concurrency -----------------------------------------------------------------------------------


@check
def provisioned_concurrency_is_allocated_after_minutes_all_at_once():
    name = function(alias="live")
    put = L.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=3)
    equal((status(put), put["Status"], put["RequestedProvisionedConcurrentExecutions"]), (202, "IN_PROGRESS", 3))
    equal(put.get("AvailableProvisionedConcurrentExecutions", 0), 0)
    advance(600)
    got = L.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    equal((got["Status"], got["AvailableProvisionedConcurrentExecutions"], got["AllocatedProvisionedConcurrentExecutions"]), ("READY", 3, 3))
    listed = L.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    equal([(each["FunctionArn"], each["Status"]) for each in listed], [(arn(name, "live"), "READY")])
    equal([status(L.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="live")) for _ in range(2)], [204, 204])
    text = "No Provisioned Concurrency Config found for this function"
    refused(404, "ProvisionedConcurrencyConfigNotFoundException", text, L.get_provisioned_concurrency_config, FunctionName=name, Qualifier="live")


@check
def what_is_wrong_with_provisioned_concurrency_is_said_in_awss_words():
    name = function(alias="live")
    put, get, delete = L.put_provisioned_concurrency_config, L.get_provisioned_concurrency_config, L.delete_provisioned_concurrency_config
    text = "failed to satisfy constraint: Member must have value greater than or equal to 1"
    refused(400, "ValidationException", text, put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=0)
    text = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    refused(400, "InvalidParameterValueException", text, put, FunctionName=name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1)
    text = "The function resource provided must be an alias or a published version."
    refused(400, "InvalidParameterValueException", text, get, FunctionName=name, Qualifier="$LATEST")
    refused(404, "ResourceNotFoundException", f"Cannot find alias arn: {arn(name, 'x')}", get, FunctionName=name, Qualifier="x")
    refused(404, "ResourceNotFoundException", f"Cannot find alias arn: {arn(name, 'x')}", delete, FunctionName=name, Qualifier="x")
    refused(404, "ResourceNotFoundException", f"Function not found: {arn(name, 10)}", get, FunctionName=name, Qualifier="10")
    text = "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency ["
    refused(400, "InvalidParameterValueException", text, put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=100000)


@check
def an_alias_and_its_version_do_not_both_have_provisioned_concurrency():
    name = function(alias="live")
    put = L.put_provisioned_concurrency_config
    put(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    text = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    refused(409, "ResourceConflictException", text, put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    other = function(alias="live", warm=1)
    text = "Version is pointed by a Provisioned Concurrency alias"
    refused(409, "ResourceConflictException", text, put, FunctionName=other, Qualifier="1", ProvisionedConcurrentExecutions=1)


@check
def a_moved_alias_goes_through_the_hidden_canary():
    name = function(versions=2, alias="live", warm=2)
    moved = L.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert not moved.get("RoutingConfig"), "AWS-29: the answer shows no weights"
    advance(30)
    equal(L.get_alias(FunctionName=name, Name="live")["RoutingConfig"], {"AdditionalVersionWeights": {"1": 1.0}})
    config = L.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    equal((config["Status"], config["RequestedProvisionedConcurrentExecutions"], config["AvailableProvisionedConcurrentExecutions"]), ("IN_PROGRESS", 2, 2))
    equal(L.invoke(FunctionName=name, Qualifier="live")["ExecutedVersion"], "1")
    text = "Alias with weights can not be used with Provisioned Concurrency"
    put = L.put_provisioned_concurrency_config
    refused(400, "InvalidParameterValueException", text, put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=3)
    advance(1200)
    assert not L.get_alias(FunctionName=name, Name="live").get("RoutingConfig", {}).get("AdditionalVersionWeights")
    equal(L.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")["Status"], "READY")
    equal(L.invoke(FunctionName=name, Qualifier="live")["ExecutedVersion"], "2")


@check
def code_that_cannot_initialise_wedges_the_alias():
    name = function(alias="live", warm=2)
    L.update_function_code(FunctionName=name, ZipFile=package("init: fail"))
    advance(60)
    L.publish_version(FunctionName=name)
    L.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    advance(1200)
    config = L.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    equal((config["Status"], config["StatusReason"]), ("FAILED", "FUNCTION_ERROR_INIT_FAILURE"))
    equal(L.get_alias(FunctionName=name, Name="live")["RoutingConfig"], {"AdditionalVersionWeights": {"1": 1.0}})
    back = L.update_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {}})
    equal(back["FunctionVersion"], "1")
    advance(1200)
    equal(L.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")["Status"], "READY")


@check
def reserved_concurrency_limits_provisioned_concurrency():
    name = function(alias="live")
    equal(L.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)["ReservedConcurrentExecutions"], 5)
    equal(L.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"], 5)
    text = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    put = L.put_provisioned_concurrency_config
    refused(400, "InvalidParameterValueException", text, put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=6)
    equal(status(L.delete_function_concurrency(FunctionName=name)), 204)
    assert "ReservedConcurrentExecutions" not in L.get_function_concurrency(FunctionName=name)


@check
def the_account_says_what_is_unreserved():
    before = L.get_account_settings()["AccountLimit"]
    equal(before["ConcurrentExecutions"], 1000)
    name = function()
    L.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=10)
    equal(L.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"], before["UnreservedConcurrentExecutions"] - 10)
    L.delete_function_concurrency(FunctionName=name)


# --- Lambda: policy and invocation -------------------------------------------------------------------------------------


def allow(name, sid="api", source="*/*", **more):
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{source}"
    return L.add_permission(FunctionName=name, StatementId=sid, Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com", SourceArn=source, **more)


@check
def the_policy_of_an_alias_is_a_document_of_its_own():
    name = function(alias="live")
    added = allow(name, Qualifier="live")
    equal(status(added), 201)
    statement = json.loads(added["Statement"])
    equal((statement["Sid"], statement["Effect"], statement["Resource"]), ("api", "Allow", arn(name, "live")))
    equal(statement["Principal"], {"Service": "apigateway.amazonaws.com"})
    equal(statement["Condition"], {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:*/*"}})
    read = L.get_policy(FunctionName=name, Qualifier="live")
    equal(json.loads(read["Policy"])["Statement"], [statement])
    refused(404, "ResourceNotFoundException", "The resource you requested does not exist.", L.get_policy, FunctionName=name)
    equal(status(L.remove_permission(FunctionName=name, StatementId="api", Qualifier="live", RevisionId=read["RevisionId"])), 204)
    refused(404, "ResourceNotFoundException", "The resource you requested does not exist.", L.get_policy, FunctionName=name, Qualifier="live")


@check
def what_is_wrong_with_a_policy_is_said_in_awss_words():
    name = function(alias="live")
    refused(404, "ResourceNotFoundException", "No policy is associated with the given resource.", L.remove_permission, FunctionName=name, StatementId="x")
    allow(name, Qualifier="live")
    text = "The statement id (api) provided already exists. Please provide a new statement id, or remove the existing statement."
    refused(409, "ResourceConflictException", text, allow, name=name, Qualifier="live")
    text = "Statement x is not found in resource policy."
    refused(404, "ResourceNotFoundException", text, L.remove_permission, FunctionName=name, StatementId="x", Qualifier="live")
    refused(404, "ResourceNotFoundException", f"Cannot find alias arn: {arn(name, 'x')}", allow, name=name, Qualifier="x")
    refused(400, "InvalidParameterValueException", "We currently do not support adding policies for $LATEST.", allow, name=name, Qualifier="$LATEST")
    refused(400, "ValidationException", "'a.b' at 'statementId' failed to satisfy constraint", allow, name=name, sid="a.b")
    revision = L.get_alias(FunctionName=name, Name="live")["RevisionId"]
    refused(412, "PreconditionFailedException", "Revision Id", allow, name=name, sid="other", Qualifier="live", RevisionId=revision)


@check
def an_invocation_says_which_version_ran_and_whether_it_was_warm():
    name = function(versions=2, alias="live", warm=1)
    answer = L.invoke(FunctionName=name, Qualifier="live", Payload=b'{"a": 1}')
    equal((answer["StatusCode"], answer["ExecutedVersion"]), (200, "1"))
    payload = json.loads(answer["Payload"].read())
    equal((payload["version"], payload["warm"], payload["event"]), ("1", True, {"a": 1}))
    equal(L.invoke(FunctionName=name)["ExecutedVersion"], "$LATEST")
    refused(404, "ResourceNotFoundException", f"Function not found: {arn(name, 'x')}", L.invoke, FunctionName=name, Qualifier="x")


# --- Lambda: event source mappings and function URLs -------------------------------------------------------------------


def source(kind):
    """A stream or a queue of its own: its ARN."""
    name = next(NAMES)
    if kind == "sqs":
        made = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        sim("POST", "/queues", {"arn": made})
    else:
        resource = f"table/{name}/stream/2026-01-01T00:00:00.000" if kind == "dynamodb" else f"stream/{name}"
        made = f"arn:aws:{kind}:{REGION}:{ACCOUNT}:{resource}"
        sim("POST", "/streams", {"arn": made, "shardCount": 2})
    return made


def mapping(name, kind, **settings):
    """An enabled mapping: its UUID and its source."""
    arn_of_source = source(kind)
    made = L.create_event_source_mapping(FunctionName=name, EventSourceArn=arn_of_source, **settings)
    equal((status(made), made["State"]), (202, "Creating"))
    advance(60)
    equal(L.get_event_source_mapping(UUID=made["UUID"])["State"], "Enabled")
    return made["UUID"], arn_of_source


@check
def a_mapping_of_a_stream_is_created_moved_disabled_and_deleted():
    name = function(alias="live")
    settings = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 7, "BisectBatchOnFunctionError": True, "FilterCriteria": {"Filters": [{"Pattern": '{"a": [1]}'}]}}
    uuid, arn_of_source = mapping(name, "dynamodb", **settings)
    read = L.get_event_source_mapping(UUID=uuid)
    equal((read["FunctionArn"], read["EventSourceArn"], read["BatchSize"], read["MaximumRetryAttempts"]), (arn(name), arn_of_source, 7, -1))
    equal(read["EventSourceMappingArn"], f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{uuid}")
    assert isinstance(read["LastModified"], datetime) and read["StateTransitionReason"] == "User action"
    moved = L.update_event_source_mapping(UUID=uuid, FunctionName=arn(name, "live"))
    equal((status(moved), moved["State"], moved["FunctionArn"], moved["UUID"]), (202, "Updating", arn(name, "live"), uuid))
    refused(400, "ResourceInUseException", "it is in use", L.delete_event_source_mapping, UUID=uuid)
    advance(60)
    equal(L.update_event_source_mapping(UUID=uuid, Enabled=False)["State"], "Disabling")
    advance(60)
    read = L.get_event_source_mapping(UUID=uuid)
    equal((read["State"], read["BatchSize"], len(read["FilterCriteria"]["Filters"])), ("Disabled", 7, 1))
    assert "FilterCriteria" not in L.update_event_source_mapping(UUID=uuid, FilterCriteria={})
    advance(60)
    equal(L.delete_event_source_mapping(UUID=uuid)["State"], "Deleting")
    advance(60)
    refused(404, "ResourceNotFoundException", "does not exist", L.get_event_source_mapping, UUID=uuid)


@check
def a_mapping_of_a_queue_has_no_position_and_no_last_result():
    name = function(alias="live")
    uuid, arn_of_source = mapping(name + ":live", "sqs", ScalingConfig={"MaximumConcurrency": 5})
    read = L.get_event_source_mapping(UUID=uuid)
    equal((read["BatchSize"], read["ScalingConfig"], read["StateTransitionReason"]), (10, {"MaximumConcurrency": 5}, "USER_INITIATED"))
    assert "StartingPosition" not in read and "LastProcessingResult" not in read
    create = L.create_event_source_mapping
    error = refused(409, "ResourceConflictException", "already exists", create, FunctionName=name + ":live", EventSourceArn=arn_of_source)
    assert uuid in error["Error"]["Message"]
    assert "ScalingConfig" not in L.update_event_source_mapping(UUID=uuid, ScalingConfig={})


@check
def mappings_are_listed_by_source_and_by_function_in_pages():
    name = function(alias="live")
    bare, _ = mapping(name, "kinesis", StartingPosition="LATEST")
    live, arn_of_source = mapping(name + ":live", "kinesis", StartingPosition="LATEST")
    found = [item["UUID"] for page in L.get_paginator("list_event_source_mappings").paginate(PaginationConfig={"PageSize": 1}) for item in page["EventSourceMappings"]]
    assert {bare, live} <= set(found) and len(found) == len(set(found))
    equal([item["UUID"] for item in L.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]], [bare])
    equal([item["UUID"] for item in L.list_event_source_mappings(EventSourceArn=arn_of_source)["EventSourceMappings"]], [live])
    equal(L.list_event_source_mappings(FunctionName="nobody")["EventSourceMappings"], [])


@check
def what_is_wrong_with_a_mapping_is_said_in_awss_words():
    name = function()
    create, invalid = L.create_event_source_mapping, "InvalidParameterValueException"
    stream, queue = source("kinesis"), source("sqs")
    refused(400, invalid, "Function does not exist", create, FunctionName="nobody", EventSourceArn=queue)
    refused(400, invalid, "Unrecognized event source", create, FunctionName=name)
    refused(400, invalid, "at 'startingPosition'", create, FunctionName=name, EventSourceArn=stream)
    refused(400, invalid, f"Stream not found: {stream}x", create, FunctionName=name, EventSourceArn=stream + "x", StartingPosition="LATEST")
    refused(400, invalid, "NonExistentQueue", create, FunctionName=name, EventSourceArn=queue + "x")
    refused(400, "ValidationException", "at 'batchSize'", create, FunctionName=name, EventSourceArn=queue, BatchSize=10001)
    refused(400, invalid, "Maximum batch window", create, FunctionName=name, EventSourceArn=queue, BatchSize=11)


@check
def a_role_that_cannot_read_the_source_is_refused_and_later_disables_the_mapping():
    name = function()
    uuid, _ = mapping(name, "kinesis", StartingPosition="LATEST")
    queue = source("sqs")
    role = {"account": ACCOUNT, "region": REGION, "arn": ROLE}
    sim("PUT", "/roles", {**role, "role": {"actions": []}})
    try:
        text = "The function execution role does not have permissions to call ReceiveMessage on SQS"
        refused(400, "InvalidParameterValueException", text, L.create_event_source_mapping, FunctionName=name, EventSourceArn=queue)
        advance(60)
        assert L.get_event_source_mapping(UUID=uuid)["LastProcessingResult"].startswith("PROBLEM: ")
        advance(3600)
        read = L.get_event_source_mapping(UUID=uuid)
        equal((read["State"], read["StateTransitionReason"]), ("Disabled", "EVENT_SOURCE_AUTHZ_ERROR"))
    finally:
        sim("PUT", "/roles", role)


@check
def a_self_managed_cluster_is_mapped_by_its_brokers():
    name = function()
    made = L.create_event_source_mapping(
        FunctionName=name, Topics=["reviews"], StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=datetime(2026, 1, 1, tzinfo=timezone.utc),
        SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka:9092"]}},
        SourceAccessConfigurations=[{"Type": "BASIC_AUTH", "URI": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:kafka"}],
        ProvisionedPollerConfig={"MinimumPollers": 1, "MaximumPollers": 3},
    )
    equal((made["SelfManagedKafkaEventSourceConfig"]["ConsumerGroupId"], made["Topics"]), (made["UUID"], ["reviews"]))
    equal(made["StartingPositionTimestamp"], datetime(2026, 1, 1, tzinfo=timezone.utc))
    equal(made["ProvisionedPollerConfig"], {"MinimumPollers": 1, "MaximumPollers": 3})


@check
def a_function_url_belongs_to_the_function_or_to_an_alias():
    name = function(alias="live")
    made = L.create_function_url_config(FunctionName=name, Qualifier="live", AuthType="NONE")
    equal((status(made), made["FunctionArn"]), (201, arn(name, "live")))
    equal(L.get_function_url_config(FunctionName=name, Qualifier="live")["FunctionUrl"], made["FunctionUrl"])
    refused(404, "ResourceNotFoundException", "does not exist", L.get_function_url_config, FunctionName=name)
    L.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    equal(len(L.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]), 2)
    equal(status(L.delete_function_url_config(FunctionName=name)), 204)
    equal([item["FunctionArn"] for item in L.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]], [arn(name, "live")])


# --- API Gateway -------------------------------------------------------------------------------------------------------


def uri(name, qualifier="live"):
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn(name, qualifier)}/invocations"


def api(name, qualifier="live"):
    """A REST API with GET /reviews on the function, not deployed: its id and the id of the resource."""
    made = G.create_rest_api(name="reviews")
    root = next(item for item in G.get_resources(restApiId=made["id"])["items"] if item["path"] == "/")
    resource = G.create_resource(restApiId=made["id"], parentId=root["id"], pathPart="reviews")
    G.put_method(restApiId=made["id"], resourceId=resource["id"], httpMethod="GET", authorizationType="NONE")
    G.put_integration(restApiId=made["id"], resourceId=resource["id"], httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=uri(name, qualifier))
    return made["id"], resource["id"]


@check
def an_api_is_created_listed_and_deleted():
    made = G.create_rest_api(name="fir", description="d")
    equal((status(made), made["name"], made["description"]), (201, "fir", "d"))
    equal(G.get_rest_api(restApiId=made["id"])["name"], "fir")
    assert made["id"] in [item["id"] for page in G.get_paginator("get_rest_apis").paginate() for item in page["items"]]
    equal(status(G.delete_rest_api(restApiId=made["id"])), 202)
    refused(404, "NotFoundException", "Invalid API identifier specified", G.get_rest_api, restApiId=made["id"])


@check
def resources_embed_methods_and_their_integrations():
    id, resource = api("fir")
    items = {item["path"]: item for item in G.get_resources(restApiId=id, embed=["methods"], limit=500)["items"]}
    integration = items["/reviews"]["resourceMethods"]["GET"]["methodIntegration"]
    equal((integration["type"], integration["httpMethod"], integration["uri"]), ("AWS_PROXY", "POST", uri("fir")))
    plain = {item["path"]: item for item in G.get_resources(restApiId=id)["items"]}
    equal(plain["/reviews"]["resourceMethods"], {"GET": {}})
    equal((plain["/reviews"]["pathPart"], plain["/reviews"]["parentId"]), ("reviews", plain["/"]["id"]))
    equal(G.get_resource(restApiId=id, resourceId=resource)["path"], "/reviews")
    text = "Another resource with the same parent already has this name: reviews"
    refused(409, "ConflictException", text, G.create_resource, restApiId=id, parentId=plain["/"]["id"], pathPart="reviews")


@check
def methods_and_integrations_are_read_patched_and_deleted():
    id, resource = api("fir", None)
    where = {"restApiId": id, "resourceId": resource, "httpMethod": "GET"}
    equal(G.get_method(**where)["authorizationType"], "NONE")
    before = G.get_integration(**where)
    patch = [{"op": "replace", "path": "/uri", "value": uri("fir")}]
    after = G.update_integration(**where, patchOperations=patch)
    equal({**before, "uri": uri("fir"), "ResponseMetadata": 0}, {**after, "ResponseMetadata": 0})
    equal(status(G.delete_integration(**where)), 204)
    refused(404, "NotFoundException", "Invalid Integration identifier specified", G.get_integration, **where)
    refused(404, "NotFoundException", "Invalid Method identifier specified", G.get_integration, **{**where, "httpMethod": "PUT"})
    refused(404, "NotFoundException", "Invalid Resource identifier specified", G.get_integration, **{**where, "resourceId": "zzzzzz"})
    equal(status(G.delete_method(**where)), 204)


@check
def a_wrong_integration_uri_is_refused():
    id, resource = api("fir")
    put = {"restApiId": id, "resourceId": resource, "httpMethod": "GET", "type": "AWS_PROXY", "integrationHttpMethod": "POST"}
    text = "AWS ARN for integration must contain path or action"
    refused(400, "BadRequestException", text, G.put_integration, **put, uri=arn("fir"))
    refused(400, "BadRequestException", "Invalid ARN specified in the request", G.put_integration, **put, uri="nonsense")


@check
def callers_see_an_edit_after_a_deployment_and_a_permission():
    name = function(alias="live", warm=1)
    id, resource = api(name)
    equal(traffic(id, "prod", "/reviews")[0], 403)
    deployment = G.create_deployment(restApiId=id, stageName="prod", description="first")
    equal(status(deployment), 201)
    equal(G.get_stage(restApiId=id, stageName="prod")["deploymentId"], deployment["id"])
    equal(traffic(id, "prod", "/reviews")[0], 500)
    allow(name, source=f"{id}/*/*", Qualifier="live")
    equal(traffic(id, "prod", "/reviews"), (200, "1", True))
    patch = [{"op": "replace", "path": "/uri", "value": uri(name, "1")}]
    G.update_integration(restApiId=id, resourceId=resource, httpMethod="GET", patchOperations=patch)
    advance(60)
    equal(traffic(id, "prod", "/reviews"), (200, "1", True))
    G.create_deployment(restApiId=id, stageName="prod")
    advance(60)
    equal(traffic(id, "prod", "/reviews")[0], 500)


@check
def deployments_are_listed_and_an_active_one_is_not_deleted():
    id, _ = api("fir")
    first = G.create_deployment(restApiId=id, stageName="prod")["id"]
    second = G.create_deployment(restApiId=id, stageName="prod")["id"]
    equal({item["id"] for item in G.get_deployments(restApiId=id)["items"]}, {first, second})
    equal(G.get_deployment(restApiId=id, deploymentId=first)["id"], first)
    text = "Active stages pointing to this deployment must be moved or deleted"
    refused(400, "BadRequestException", text, G.delete_deployment, restApiId=id, deploymentId=second)
    equal(status(G.delete_deployment(restApiId=id, deploymentId=first)), 202)


@check
def a_stage_variable_moves_traffic_without_a_deployment():
    name = function(versions=2, alias="live")
    L.create_alias(FunctionName=name, Name="next", FunctionVersion="2")
    id, _ = api(name, "${stageVariables.alias}")
    G.create_deployment(restApiId=id, stageName="prod", variables={"alias": "live"})
    for alias in ("live", "next"):
        allow(name, source=f"{id}/*/*", Qualifier=alias)
    equal(traffic(id, "prod", "/reviews")[:2], (200, "1"))
    patch = [{"op": "replace", "path": "/variables/alias", "value": "next"}]
    equal(G.update_stage(restApiId=id, stageName="prod", patchOperations=patch)["variables"], {"alias": "next"})
    advance(60)
    equal(traffic(id, "prod", "/reviews")[:2], (200, "2"))


@check
def a_canary_has_two_deployments_live_and_is_promoted():
    id, _ = api("fir")
    first = G.create_deployment(restApiId=id, stageName="prod")["id"]
    second = G.create_deployment(restApiId=id, stageName="prod", canarySettings={"percentTraffic": 50.0})["id"]
    stage = G.get_stage(restApiId=id, stageName="prod")
    equal((stage["deploymentId"], stage["canarySettings"]["deploymentId"], stage["canarySettings"]["percentTraffic"]), (first, second, 50.0))
    promote = [{"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"}, {"op": "remove", "path": "/canarySettings"}]
    promoted = G.update_stage(restApiId=id, stageName="prod", patchOperations=promote)
    equal((promoted["deploymentId"], promoted.get("canarySettings")), (second, None))
    text = "Stage nowhere must already be created before making a canary release deployment"
    refused(400, "BadRequestException", text, G.create_deployment, restApiId=id, stageName="nowhere", canarySettings={"percentTraffic": 50.0})
    patch = [{"op": "replace", "path": "/deploymentId", "value": "zzzzzz"}]
    refused(400, "BadRequestException", "Deployment id does not exist", G.update_stage, restApiId=id, stageName="prod", patchOperations=patch)


@check
def stages_are_created_listed_and_deleted():
    id, _ = api("fir")
    deployment = G.create_deployment(restApiId=id)["id"]
    made = G.create_stage(restApiId=id, stageName="test", deploymentId=deployment, variables={"a": "b"})
    equal((status(made), made["variables"]), (201, {"a": "b"}))
    equal([item["stageName"] for item in G.get_stages(restApiId=id)["item"]], ["test"])
    equal(status(G.delete_stage(restApiId=id, stageName="test")), 202)
    refused(404, "NotFoundException", "Invalid stage identifier specified", G.get_stage, restApiId=id, stageName="test")


@check
def the_export_of_a_stage_shows_the_integrations_that_are_deployed():
    id, resource = api("fir")
    G.create_deployment(restApiId=id, stageName="prod")
    patch = [{"op": "replace", "path": "/uri", "value": uri("fir", "other")}]
    G.update_integration(restApiId=id, resourceId=resource, httpMethod="GET", patchOperations=patch)
    answer = G.get_export(restApiId=id, stageName="prod", exportType="oas30", parameters={"extensions": "integrations"}, accepts="application/json")
    document = json.loads(answer["body"].read())
    equal(document["paths"]["/reviews"]["get"]["x-amazon-apigateway-integration"]["uri"], uri("fir"))


# --- CloudWatch --------------------------------------------------------------------------------------------------------


def metrics(protocol, name, metric, statistic, **more):
    """The newest value of an alias's metric in the last 15 minutes, in one of CloudWatch's protocols."""
    session = boto3.Session()
    loader = session._session.get_component("data_loader")
    model = loader.load_service_model

    def in_protocol(service_name, type_name, api_version=None):
        found = model(service_name, type_name, api_version)
        if (service_name, type_name) == ("cloudwatch", "service-2"):
            found = {**found, "metadata": {**found["metadata"], "protocol": protocol, "protocols": [protocol]}}
        return found

    loader.load_service_model = in_protocol
    clock = sim("GET", "/clock")
    now = datetime.fromtimestamp(clock["nowMillis"] / 1000, timezone.utc) if clock["mode"] == "manual" else datetime.now(timezone.utc)
    dimensions = [{"Name": "FunctionName", "Value": name}, {"Name": "Resource", "Value": f"{name}:live"}]
    stat = {"Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions}, "Period": 60, "Stat": statistic}
    arguments = {"MetricDataQueries": [{"Id": "q", "MetricStat": stat}], "StartTime": now - timedelta(minutes=15), "EndTime": now + timedelta(minutes=1), **more}
    answer = client("cloudwatch", session).get_metric_data(**arguments)
    result = answer["MetricDataResults"][0]
    equal((result["Id"], result["StatusCode"], len(result["Values"])), ("q", "Complete", len(result["Timestamps"])))
    assert all(arguments["StartTime"] - timedelta(minutes=1) <= at < arguments["EndTime"] for at in result["Timestamps"])
    return result["Values"]


PROTOCOLS = ("smithy-rpc-v2-cbor", "json", "query")


@check
def traffic_shows_in_the_metrics_of_the_alias_in_every_protocol():
    name = function(alias="live", warm=2)
    for _ in range(3):
        L.invoke(FunctionName=name, Qualifier="live")
    for protocol in PROTOCOLS:
        equal(sum(metrics(protocol, name, "Invocations", "Sum")), 3.0)
        assert 0 < max(metrics(protocol, name, "ProvisionedConcurrencyUtilization", "Maximum")) <= 1


@check
def a_metric_without_traffic_has_no_points_in_any_protocol():
    name = function(alias="live", warm=1)
    for protocol in PROTOCOLS:
        equal(metrics(protocol, name, "ProvisionedConcurrencyUtilization", "Maximum"), [])


@check
def more_than_five_hundred_queries_are_refused_in_every_protocol():
    stat = {"Metric": {"Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": []}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": f"q{n}", "MetricStat": stat} for n in range(501)]
    for protocol in PROTOCOLS:
        text = "The collection MetricDataQueries must not have a size greater than 500."
        refused(400, "ValidationError", text, metrics, protocol=protocol, name="x", metric="x", statistic="Sum", MetricDataQueries=queries)


# --- Application Auto Scaling ------------------------------------------------------------------------------------------

DIMENSION = "lambda:function:ProvisionedConcurrency"


def target(name):
    return {"ServiceNamespace": "lambda", "ResourceId": f"function:{name}:live", "ScalableDimension": DIMENSION}


@check
def a_scalable_target_brings_the_number_within_its_bounds_and_keeps_it():
    name = function(alias="live", warm=1)
    registered = AAS.register_scalable_target(**target(name), MinCapacity=3, MaxCapacity=5)
    assert registered["ScalableTargetARN"].startswith(f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/")
    config = L.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    equal(config["RequestedProvisionedConcurrentExecutions"], 3)
    described = AAS.describe_scalable_targets(ServiceNamespace="lambda", ResourceIds=[f"function:{name}:live"])["ScalableTargets"]
    equal([(each["MinCapacity"], each["MaxCapacity"], each["ScalableDimension"]) for each in described], [(3, 5, DIMENSION)])
    equal(status(AAS.deregister_scalable_target(**target(name))), 200)
    refused(400, "ObjectNotFoundException", "No scalable target found", AAS.deregister_scalable_target, **target(name))


@check
def scalable_targets_come_in_pages():
    for number in range(55):
        AAS.register_scalable_target(**target(f"many-{number}"), MinCapacity=0, MaxCapacity=5)
    pages = list(AAS.get_paginator("describe_scalable_targets").paginate(ServiceNamespace="lambda"))
    assert len(pages) > 1 and sum(len(page["ScalableTargets"]) for page in pages) >= 55
    refused(400, "ValidationException", "", AAS.register_scalable_target, **target("many-1"), MinCapacity=6, MaxCapacity=5)


# --- quotas, faults, ledger --------------------------------------------------------------------------------------------


@check
def the_control_plane_of_lambda_is_throttled_and_says_when_to_come_back():
    name = function(alias="live")
    sim("PUT", "/quotas", {"scale": 0.01})
    try:
        L.get_alias(FunctionName=name, Name="live")
        answer = refused(429, "TooManyRequestsException", "Rate exceeded", L.get_alias, FunctionName=name, Name="live")
        equal(answer["Reason"], "CallerRateLimitExceeded")
        assert int(answer["retryAfterSeconds"]) >= 1
    finally:
        sim("PUT", "/quotas", {"enabled": False})


@check
def a_lost_answer_leaves_a_write_behind():
    name = function(versions=2, alias="live")
    matching = {"operation": "UpdateAlias", "account": ACCOUNT}
    rule = sim("POST", "/faults", {"match": matching, "times": 1, "fault": {"kind": "LoseAnswer", "how": "Close"}})
    try:
        L.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
        raise AssertionError("the answer was not lost")
    except Exception as error:  # noqa: BLE001 - botocore has several names for it
        assert "Connection" in type(error).__name__, repr(error)
    finally:
        sim("DELETE", f"/faults/{rule['id']}")
    equal(L.get_alias(FunctionName=name, Name="live")["FunctionVersion"], "2")
    entry = sim("GET", f"/ledger?operation=UpdateAlias&account={ACCOUNT}&limit=1")["entries"][0]
    equal((entry["answered"], entry["carriedOut"], entry["parameters"]["functionVersion"]), (False, 1, "2"))


@check
def an_operation_that_is_not_simulated_says_so():
    refused(404, "UnknownOperationException", "awssim has no operation", L.list_layers)


def main():
    failures = 0
    before = sim("GET", "/quotas")
    sim("PUT", "/quotas", {"enabled": False})
    try:
        for sentence in CHECKS:
            name = sentence.__name__.replace("_", " ")
            try:
                sentence()
                print(f"ok      {name}")
            except Exception:  # noqa: BLE001 - every failure is reported, none ends the run
                failures += 1
                print(f"FAILED  {name}\n{traceback.format_exc(limit=-3)}")
    finally:
        sim("PUT", "/quotas", {"enabled": before["enabled"], "scale": before["scale"]})
    print(f"{len(CHECKS) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    # The other files register their checks here, not in a second copy of this module.
    sys.modules["check"] = sys.modules[__name__]
    import http_apis  # noqa: F401

    sys.exit(main())
