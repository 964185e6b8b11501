//! The cluster as a person reaches it: kubectl's flags, and the words of what goes wrong.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kube::config::{InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use thiserror::Error;

/// Somebody waits at a terminal: an API server that is not there shall be said so soon.
const CONNECT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(15);

/// Kubectl's flags.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct Access {
    /// Namespace. Default: that of the context, or of the pod.
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// Context of the kubeconfig. Default: its current one.
    #[arg(long)]
    pub context: Option<String>,
    /// Kubeconfig file. Default: KUBECONFIG, then ~/.kube/config, then the pod's service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// User to act as, for instance system:serviceaccount:warmlambda:warmlambda.
    #[arg(long = "as", value_name = "USER")]
    pub user: Option<String>,
    /// Group to act as; may be given several times.
    #[arg(long = "as-group", value_name = "GROUP", requires = "user")]
    pub groups: Vec<String>,
}

/// Why there is no way to the cluster.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The kubeconfig is not there, or not complete.
    #[error("the kubeconfig: {0}")]
    Kubeconfig(#[from] KubeconfigError),
    /// Neither a kubeconfig nor a pod's service account.
    #[error("no cluster: {0}")]
    Nowhere(#[from] InferConfigError),
    /// A client cannot be made of it.
    #[error("no client for Kubernetes: {0}")]
    Client(#[source] Box<kube::Error>),
}

impl Access {
    /// Where the API server is and who we are there.
    ///
    /// # Errors
    /// [`AccessError::Kubeconfig`] and [`AccessError::Nowhere`].
    pub async fn config(&self) -> Result<Config, AccessError> {
        let mut config = match (&self.kubeconfig, &self.context) {
            (None, None) => Config::infer().await?,
            (file, context) => {
                let read = file.as_ref().map_or_else(Kubeconfig::read, Kubeconfig::read_from)?;
                let context = context.clone();
                let options = KubeConfigOptions {
                    context,
                    ..KubeConfigOptions::default()
                };
                Config::from_custom_kubeconfig(read, &options).await?
            }
        };
        config.connect_timeout = Some(CONNECT);
        config.read_timeout = Some(READ);
        config.default_retry = false;
        if let Some(namespace) = &self.namespace {
            config.default_namespace.clone_from(namespace);
        }
        if self.user.is_some() {
            config.auth_info.impersonate.clone_from(&self.user);
            config.auth_info.impersonate_groups = (!self.groups.is_empty()).then(|| self.groups.clone());
        }
        Ok(config)
    }

    /// A client, whose default namespace is the one that was asked for.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn client(&self) -> Result<Client, AccessError> {
        Client::try_from(self.config().await?).map_err(|error| AccessError::Client(Box::new(error)))
    }
}

/// What the API server, or the lack of one, said: one sentence, without the layers that handed it on.
pub fn said(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error {
        return status.message.clone();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}
