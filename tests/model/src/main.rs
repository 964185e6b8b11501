//! The long run.
use stateright::{Checker, Model};
use warmlambda_model::model::Operators;
use warmlambda_model::rules::*;
use warmlambda_model::setting::Setting;
use warmlambda_model::story;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let threads = std::env::var("THREADS").ok().and_then(|t| t.parse().ok()).unwrap_or(1);
    for setting in Setting::all() {
        if args.len() > 1 && args[1] != setting.name && args[1] != "all" {
            continue;
        }
        let left = if args.get(2).is_some_and(|a| a == "long") {
            setting.long
        } else {
            setting.bounded
        };
        let begun = std::time::Instant::now();
        let name = setting.name;
        let mut any = false;
        let mut rules = Rules::SHIPPING;
        for arg in args.iter().skip(3) {
            match arg.as_str() {
                "patient" => rules.patient = Kinds::of(&[Kind::CreateMapping]),
                "callers" | "cw" => {
                    rules.callers_wait = true;
                    rules.callers_wait_after_takeover = arg == "callers";
                }
                "nodoubt" => rules.doubt = false,
                "any" => any = true,
                "nosight" => rules.settled_by_sight = false,
                "norepeat" => rules.repetitions = false,
                "nofirst" => rules.reread_first = false,
                "nodestr" => rules.reread_destructive = false,
                "nowindow" => rules.takeover_window = false,
                "norelease" => rules.release_settled = false,
                "leadsnow" => rules.fence = Fence::LeadsNow,
                "open" => rules.fence = Fence::Open,
                "nonotes" => rules.noted = Kinds::NONE,
                other if other.starts_with("exempt=") => {
                    for kind in Kind::ALL {
                        if format!("{kind:?}") == other[7..] {
                            rules.exempt = rules.exempt.with(kind);
                        }
                    }
                }
                "creates" => {
                    rules.noted = Kinds::of(&[
                        Kind::CreateAlias,
                        Kind::CreateHttpIntegration,
                        Kind::CreateMapping,
                        Kind::AddPermission,
                        Kind::PutCapacity,
                    ])
                }
                _ => {}
            }
        }
        let model = Operators::new(setting, rules, left);
        let mut builder = model.checker().threads(threads);
        if any {
            builder = builder.finish_when(stateright::HasDiscoveries::Any);
        }
        if let Ok(t) = std::env::var("LIMIT") {
            builder = builder.timeout(std::time::Duration::from_secs(t.parse().unwrap()));
        }
        let checker = builder.spawn_bfs().join();
        let s = begun.elapsed().as_secs_f64();
        println!(
            "{name}: {} unique, {} transitions, depth {}, {s:.1} s, {:.0}/s, sizes {:?}",
            checker.unique_state_count(),
            checker.state_count(),
            checker.max_depth(),
            checker.state_count() as f64 / s,
            checker.model().tables.sizes()
        );
        for (law, story) in story::discoveries(&checker) {
            println!("BROKEN {law}\n{story}");
        }
    }
}
