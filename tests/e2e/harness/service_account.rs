//! The service account of a release: its rights in the API server, and a kubeconfig with its token.

use std::path::PathBuf;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::core::v1 as core;
use kube::api::{ApiResource, DynamicObject, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::chart::Release;
use super::control_plane::ControlPlane;
use super::waiting::until;

/// Who an operator is in Kubernetes: the service account of a release in a namespace.
#[derive(Clone)]
pub struct ServiceAccount {
    /// Where it is.
    pub server: &'static ControlPlane,
    /// The release that it belongs to.
    pub release: Release,
    /// With its token.
    pub kubeconfig: PathBuf,
    /// That token.
    pub token: String,
}

impl ServiceAccount {
    /// Makes it, in namespaces that are there, with exactly the rights that the release gives it; `watched` is where it needs them.
    pub async fn install(server: &'static ControlPlane, client: &Client, release: Release, watched: &str) -> Self {
        for object in release.rights() {
            create(client, object).await;
        }
        until_granted(client, &release, watched).await;
        let accounts: Api<core::ServiceAccount> = Api::namespaced(client.clone(), &release.namespace);
        let hour = TokenRequestSpec {
            expiration_seconds: Some(3600),
            ..TokenRequestSpec::default()
        };
        let request = TokenRequest {
            spec: hour,
            ..TokenRequest::default()
        };
        let answer = accounts
            .create_token_request(release.service_account(), &PostParams::default(), &request)
            .await;
        let token = answer.expect("a token is given").status.expect("the answer has the token").token;
        Self {
            server,
            kubeconfig: server.kubeconfig_with(&release.namespace, &token),
            release,
            token,
        }
    }

    /// The same account for a process that finds the API server at another address; `name` is that of its kubeconfig.
    pub fn through(&self, name: &str, url: &str) -> Self {
        Self {
            kubeconfig: self.server.kubeconfig_through(name, &self.token, url),
            ..self.clone()
        }
    }
}

async fn create(client: &Client, object: &Value) {
    let object: DynamicObject = serde_json::from_value(object.clone()).expect("an object of Kubernetes");
    let types = object.types.clone().expect("it has a kind");
    let resource = ApiResource::from_gvk(&(&types).try_into().expect("its apiVersion is one"));
    let api = match &object.metadata.namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    let created = api.create(&PostParams::default(), &object).await;
    created.unwrap_or_else(|error| panic!("{types:?} cannot be made: {error}"));
}

/// The API server knows of roles and bindings a moment after it stored them.
async fn until_granted(client: &Client, release: &Release, watched: &str) {
    let reviews: Api<SubjectAccessReview> = Api::all(client.clone());
    let user = format!("system:serviceaccount:{}:{}", release.namespace, release.service_account());
    for grant in release.grants() {
        let (resource, subresource) = grant.resource.split_once('/').unwrap_or((&grant.resource, ""));
        let namespace = if resource == "leases" { &release.namespace } else { watched };
        let review = json!({"spec": {"user": user, "resourceAttributes": {
            "namespace": namespace, "group": grant.group, "resource": resource, "subresource": subresource, "verb": grant.verb,
            "name": release.lease_name(),
        }}});
        let review: SubjectAccessReview = serde_json::from_value(review).expect("a review");
        until(&format!("{user} to be granted {grant}"), async || {
            let answer = reviews
                .create(&PostParams::default(), &review)
                .await
                .map_err(|error| error.to_string())?;
            let status = answer.status.unwrap_or_default();
            if status.allowed {
                Ok(())
            } else {
                Err(status.reason.unwrap_or_default())
            }
        })
        .await;
    }
}
