//! Writes that did not come to an answer: what AWS refuses, read as the operator reads it, and what nobody answers.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ErrorMetadata;
use awssim::world::AwsError;
use warmlambda::aws::error::{Kind, failure};
use warmlambda::plan::desired::Desired;
use warmlambda::plan::failure::{Class, Effect, Failure};
use warmlambda::plan::step::Step;

/// What an error means, by the operator's own tables.
pub fn failed(step: &Step, desired: &Desired, error: &AwsError) -> Failure {
    let metadata = ErrorMetadata::builder().code(&error.code).message(&error.message).build();
    let response = HttpResponse::new(StatusCode::try_from(error.status).unwrap(), SdkBody::empty());
    let error = SdkError::service_error(metadata, response);
    let resource = match step {
        Step::UpdateMapping { source_arn: Some(arn), .. } => arn.clone(),
        Step::UpdateMapping { uuid, .. } => uuid.clone(),
        Step::CreateMapping { source, .. } => source.name(),
        _ => desired.function.clone(),
    };
    failure(Kind::Write, step.action(), &resource, &error)
}

/// No answer came.
pub fn unanswered(step: &Step, desired: &Desired) -> Failure {
    Failure {
        class: Class::Transient,
        effect: Effect::Unknown,
        operation: step.action(),
        resource: desired.function.clone(),
        code: "Timeout".into(),
        message: "no answer in time".into(),
        request_id: None,
    }
}
