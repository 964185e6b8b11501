//! Triggers of every kind, with callers that exist and some that do not.

use proptest::prelude::*;
use warmlambda::api::{
    DeploymentPolicy, EventSourceCreate, EventSourceTrigger, HttpApiTrigger, PermissionScope, RestApiMethod, RestApiTrigger,
    SelfManagedKafka, SourceAccess, StartingPosition, Trigger,
};

use crate::oracle;
use crate::scene::gateway::{HTTP_ROUTES, HTTP_STAGES};
use crate::scene::sources::{BROKERS, Place};
use crate::scene::{FUNCTION, OTHER, ROUTES, STAGES, Scene};

/// Who shall call the alias, by its place in the scene.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A stage of a REST API.
    Rest(OnStage),
    /// A stage of an HTTP API.
    Http(OnStage),
    /// A source of records.
    Source(FromSource),
}

/// A stage that shall call the alias.
#[derive(Clone, Debug)]
pub struct OnStage {
    /// Place of the API in the scene.
    pub api: usize,
    /// Name of the stage, which need not exist.
    pub stage: &'static str,
    /// The routes that it names; an index beyond them is one that does not exist.
    pub routes: Vec<usize>,
    /// Whether it is deployed.
    pub deployment: DeploymentPolicy,
    /// Reach of the permission.
    pub scope: PermissionScope,
}

/// A source whose records the alias shall get.
#[derive(Clone, Debug)]
pub struct FromSource {
    /// The source.
    pub place: Place,
    /// How it is named.
    pub named: Named,
    /// Whether its mapping is made when there is none, and whether as AWS takes it.
    pub create: Option<bool>,
}

/// How a spec names a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// By itself, and with its topic if it has one.
    Whole,
    /// By itself, without the topic.
    WithoutTopic,
    /// By the UUID of the endpoint's mapping; by one that does not exist when there is none.
    Uuid,
    /// By the UUID of the other function's mapping.
    ForeignUuid,
}

/// A caller of the alias.
pub fn caller() -> impl Strategy<Value = Caller> {
    prop_oneof![
        4 => rest().prop_map(Caller::Rest).boxed(),
        3 => http().prop_map(Caller::Http).boxed(),
        4 => source().prop_map(Caller::Source).boxed(),
    ]
}

/// A stage of a REST API.
pub fn rest() -> impl Strategy<Value = OnStage> {
    let routes = prop_oneof![
        4 => Just(vec![]),
        4 => proptest::sample::subsequence(vec![0usize, 1, 2], 1..3),
        1 => Just(vec![0usize, ROUTES.len()]),
    ];
    on_stage(STAGES, routes.boxed())
}

/// A stage of an HTTP API.
pub fn http() -> impl Strategy<Value = OnStage> {
    let routes = prop_oneof![
        4 => Just(vec![]),
        4 => proptest::sample::subsequence(vec![0usize, 1, 2, 3], 1..4),
        1 => Just(vec![0usize, HTTP_ROUTES.len()]),
    ];
    on_stage(HTTP_STAGES, routes.boxed())
}

fn on_stage(stages: [&'static str; 2], routes: BoxedStrategy<Vec<usize>>) -> impl Strategy<Value = OnStage> {
    let api = prop_oneof![4 => Just(0usize), 1 => Just(1usize)];
    let stage = prop_oneof![12 => Just(stages[0]), 6 => Just(stages[1]), 1 => Just("missing")];
    let deployment = prop_oneof![5 => Just(DeploymentPolicy::OnChange), 1 => Just(DeploymentPolicy::Never)];
    let scope = prop_oneof![
        3 => Just(PermissionScope::Api),
        1 => Just(PermissionScope::Stage),
        1 => Just(PermissionScope::Method)
    ];
    (api, stage, routes, deployment, scope).prop_map(|(api, stage, routes, deployment, scope)| OnStage {
        api,
        stage,
        routes,
        deployment,
        scope,
    })
}

/// A source of records.
pub fn source() -> impl Strategy<Value = FromSource> {
    let place = prop_oneof![
        4 => Just(Place::Orders),
        2 => Just(Place::Clicks),
        2 => Just(Place::Jobs),
        2 => Just(Place::Kafka(0)),
        1 => Just(Place::Kafka(1)),
    ];
    let named = prop_oneof![6 => Just(Named::Whole), 1 => Just(Named::WithoutTopic), 2 => Just(Named::Uuid), 1 => Just(Named::ForeignUuid)];
    let create = prop_oneof![4 => Just(None), 4 => Just(Some(true)), 1 => Just(Some(false))];
    (place, named, create).prop_map(|(place, named, create)| FromSource { place, named, create })
}

impl Caller {
    /// As the `n`th trigger of a spec.
    pub fn trigger(&self, n: usize, scene: &Scene) -> Trigger {
        let mut trigger = Trigger {
            name: format!("trigger-{n}"),
            rest_api: None,
            http_api: None,
            event_source: None,
        };
        match self {
            Self::Rest(on) => trigger.rest_api = Some(on.rest_api(scene)),
            Self::Http(on) => trigger.http_api = Some(on.http_api(scene)),
            Self::Source(from) => trigger.event_source = Some(from.event_source(scene)),
        }
        trigger
    }
}

impl OnStage {
    /// All that names the function on a stage of the first API of its kind.
    pub fn first(stage: &'static str) -> Self {
        Self {
            api: 0,
            stage,
            routes: vec![],
            deployment: DeploymentPolicy::OnChange,
            scope: PermissionScope::Api,
        }
    }

    fn rest_api(&self, scene: &Scene) -> RestApiTrigger {
        let method = |route: &usize| {
            let (path, http_method) = ROUTES
                .get(*route)
                .map_or(("/absent", "GET"), |(path, http_method, _)| (path, http_method));
            RestApiMethod {
                path: path.into(),
                http_method: http_method.into(),
            }
        };
        RestApiTrigger {
            api_id: scene.apis[self.api].clone(),
            stage_name: self.stage.into(),
            methods: self.routes.iter().map(method).collect(),
            deployment: self.deployment,
            permission_scope: self.scope,
        }
    }

    fn http_api(&self, scene: &Scene) -> HttpApiTrigger {
        let key = |route: &usize| HTTP_ROUTES.get(*route).map_or("GET /absent", |(key, ..)| key);
        HttpApiTrigger {
            api_id: scene.http_apis[self.api].clone(),
            stage_name: self.stage.into(),
            route_keys: self.routes.iter().map(|route| key(route).to_owned()).collect(),
            deployment: self.deployment,
            permission_scope: self.scope,
        }
    }
}

impl FromSource {
    /// A source by its own name, whose mapping is not made.
    pub fn of(place: Place) -> Self {
        Self {
            place,
            named: Named::Whole,
            create: None,
        }
    }

    fn event_source(&self, scene: &Scene) -> EventSourceTrigger {
        let nothing = EventSourceTrigger {
            arn: None,
            uuid: None,
            self_managed_kafka: None,
            topic: None,
            create: None,
        };
        let of = |function: &str| {
            let mut all = scene.region.event_source_mappings.iter();
            let reads = all.find(|(_, m)| {
                let topics = self.place.topic().is_none_or(|topic| m.topics.iter().any(|t| t == topic));
                let calls = oracle::mapping::called(m).is_some_and(|(name, _)| name == function);
                m.event_source_arn.as_deref() == self.place.arn() && topics && calls
            });
            let uuid = reads.map_or("0a1b2c3d-0000-4000-8000-00000000dead", |(uuid, _)| uuid);
            EventSourceTrigger {
                uuid: Some(uuid.to_owned()),
                ..nothing.clone()
            }
        };
        match self.named {
            Named::Uuid => return of(FUNCTION),
            Named::ForeignUuid => return of(OTHER),
            Named::Whole | Named::WithoutTopic => {}
        }
        let brokers = || SelfManagedKafka {
            bootstrap_servers: BROKERS.map(str::to_owned).to_vec(),
        };
        // The CRD wants it for a new mapping of Kafka.
        let topic_is_missing = self.place.topic().is_some() && self.named != Named::Whole;
        EventSourceTrigger {
            arn: self.place.arn().map(str::to_owned),
            self_managed_kafka: self.place.arn().is_none().then(brokers),
            topic: self.place.topic().filter(|_| self.named == Named::Whole).map(str::to_owned),
            create: self.create.filter(|_| !topic_is_missing).map(|taken| self.create(taken)),
            ..nothing
        }
    }

    fn create(&self, taken: bool) -> EventSourceCreate {
        let access = SourceAccess {
            kind: "BASIC_AUTH".into(),
            uri: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:kafka".into(),
        };
        EventSourceCreate {
            starting_position: (self.place != Place::Jobs).then_some(StartingPosition::TrimHorizon),
            batch_size: Some(10),
            // The CRD cannot tell that this is no JSON, and AWS refuses it.
            filters: if taken { vec![] } else { vec!["{".into()] },
            source_access: if self.place.arn().is_none() { vec![access] } else { vec![] },
            ..EventSourceCreate::default()
        }
    }
}
