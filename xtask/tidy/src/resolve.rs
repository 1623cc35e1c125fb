//! Which file a path leads to: through imports, and through re-exports to where a thing is defined.

use crate::krate::{Module, Target};
use crate::syntax::Written;

/// How many imports one path may lead through. Only a circle of imports is longer.
const MOST_STEPS: usize = 32;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goal {
    /// To a module, by its index.
    Module(usize),
    /// To something that is defined in the module with this index.
    Item(usize),
    /// To another crate, `std` included: the whole path there.
    Outside(Vec<String>),
    /// To nothing that is an item: a local variable, a generic parameter, a primitive type.
    Nothing,
}

/// One use of one thing.
#[derive(Debug)]
pub(crate) struct Edge<'a> {
    /// The file that uses it.
    pub(crate) from: &'a str,
    pub(crate) line: usize,
    /// As it was written.
    pub(crate) written: String,
    pub(crate) goal: EdgeGoal<'a>,
}

/// What an [`Edge`] leads to.
#[derive(Debug)]
pub(crate) enum EdgeGoal<'a> {
    /// Another file of the same target.
    File(&'a str),
    /// Another crate: the whole path.
    Outside(Vec<String>),
}

/// Everything that the files of a target use outside of themselves.
///
/// An import counts where it stands. A re-export counts only where its own module uses the name:
/// to hand a thing on is not to know it.
pub(crate) fn edges(target: &Target) -> Vec<Edge<'_>> {
    let resolver = Resolver { target };
    let mut edges = Vec::new();
    for (index, module) in target.modules.iter().enumerate() {
        let imports = module.scope.imports.iter();
        let imports = imports.filter(|import| !import.reexport).map(|import| {
            let goal = resolver.import(index, &import.path, 0);
            (&import.path, goal)
        });
        let uses = module.scope.uses.iter();
        let uses = uses.map(|written| (written, resolver.path(index, &written.segments, 0)));
        // What is taken wholesale from a module of ours is found where it is used.
        let globs = module.scope.globs.iter();
        let globs = globs.filter_map(|glob| match resolver.import(index, glob, 0) {
            goal @ Goal::Outside(_) => Some((glob, goal)),
            Goal::Module(_) | Goal::Item(_) | Goal::Nothing => None,
        });
        for (written, goal) in imports.chain(globs).chain(uses) {
            let goal = match goal {
                Goal::Item(at) if target.modules[at].file != module.file => {
                    EdgeGoal::File(&target.modules[at].file)
                }
                Goal::Outside(path) => EdgeGoal::Outside(path),
                // Whoever imports a module is judged by what they use of it.
                Goal::Item(_) | Goal::Module(_) | Goal::Nothing => continue,
            };
            edges.push(Edge {
                from: &module.file,
                line: written.line,
                written: written.segments.join("::"),
                goal,
            });
        }
    }
    edges
}

struct Resolver<'a> {
    target: &'a Target,
}

impl Resolver<'_> {
    fn module(&self, index: usize) -> &Module {
        &self.target.modules[index]
    }

    /// Where the path of a `use` in a module leads.
    fn import(&self, at: usize, written: &Written, steps: usize) -> Goal {
        match self.start(at, &written.segments) {
            Some((module, rest)) => self.walk(module, rest, steps),
            None => {
                let [first, rest @ ..] = &written.segments[..] else {
                    return Goal::Nothing;
                };
                // Another import of that name, such as a module that was imported beside it.
                let beside = self.module(at).scope.imports.iter();
                let mut beside = beside.filter(|import| import.name == *first);
                if let Some(&child) = self.module(at).children.get(first) {
                    return self.walk(child, rest, steps);
                }
                match beside.find(|import| import.path.segments != written.segments) {
                    Some(import) if steps < MOST_STEPS => {
                        let goal = self.import(at, &import.path, steps + 1);
                        self.go_on(goal, rest, steps)
                    }
                    _ if self.defines(at, first) => Goal::Item(at),
                    _ => Goal::Outside(written.segments.clone()),
                }
            }
        }
    }

    /// Where a path in the code of a module leads.
    fn path(&self, at: usize, segments: &[String], steps: usize) -> Goal {
        if let Some((module, rest)) = self.start(at, segments) {
            return self.walk(module, rest, steps);
        }
        let [first, rest @ ..] = segments else {
            return Goal::Nothing;
        };
        match self.name(at, first, steps) {
            Goal::Nothing if !rest.is_empty() && is_crate(first) => {
                Goal::Outside(segments.to_vec())
            }
            Goal::Nothing => self.macro_by_name(first),
            goal => self.go_on(goal, rest, steps),
        }
    }

    /// The module at which a path with `crate`, `self` or `super` starts, and what is left of it.
    fn start<'s>(&self, at: usize, segments: &'s [String]) -> Option<(usize, &'s [String])> {
        let mut module = match segments.first().map(String::as_str) {
            Some("crate") => 0,
            Some("self" | "super") => at,
            _ => return None,
        };
        let mut rest = segments;
        while let Some(first) = rest.first() {
            match first.as_str() {
                "crate" | "self" => {}
                "super" => module = self.module(module).parent.unwrap_or(0),
                _ => break,
            }
            rest = &rest[1..];
        }
        Some((module, rest))
    }

    fn walk(&self, module: usize, segments: &[String], steps: usize) -> Goal {
        let [first, rest @ ..] = segments else {
            return Goal::Module(module);
        };
        match self.name(module, first, steps) {
            // A macro by example, or what a macro has made there.
            Goal::Nothing => match self.macro_by_name(first) {
                Goal::Nothing => Goal::Item(module),
                goal => goal,
            },
            goal => self.go_on(goal, rest, steps),
        }
    }

    fn go_on(&self, goal: Goal, rest: &[String], steps: usize) -> Goal {
        match goal {
            Goal::Module(module) => self.walk(module, rest, steps),
            Goal::Outside(path) => Goal::Outside([&path, rest].concat()),
            // The rest are variants and associated items.
            goal @ (Goal::Item(_) | Goal::Nothing) => goal,
        }
    }

    /// What a name means in a module.
    fn name(&self, at: usize, name: &str, steps: usize) -> Goal {
        if steps > MOST_STEPS {
            return Goal::Nothing;
        }
        let module = self.module(at);
        if let Some(&child) = module.children.get(name) {
            return Goal::Module(child);
        }
        if self.defines(at, name) {
            return Goal::Item(at);
        }
        let mut imports = module.scope.imports.iter();
        if let Some(import) = imports.find(|import| import.name == name) {
            return self.import(at, &import.path, steps + 1);
        }
        for glob in &module.scope.globs {
            if let Goal::Module(module) = self.import(at, glob, steps + 1) {
                let goal = self.name(module, name, steps + 1);
                if goal != Goal::Nothing {
                    return goal;
                }
            }
        }
        Goal::Nothing
    }

    fn defines(&self, at: usize, name: &str) -> bool {
        self.module(at)
            .scope
            .definitions
            .iter()
            .any(|it| it == name)
    }

    /// Macros by example are found by their names alone.
    fn macro_by_name(&self, name: &str) -> Goal {
        let mut modules = self.target.modules.iter();
        let defined = modules.position(|module| module.scope.macros.iter().any(|it| it == name));
        defined.map_or(Goal::Nothing, Goal::Item)
    }
}

/// Names of types begin with a capital, and a path that begins with one leads to a variant or an
/// associated item of something unknown here, such as a generic parameter.
fn is_crate(first: &str) -> bool {
    first.starts_with(|c: char| c.is_ascii_lowercase())
}
