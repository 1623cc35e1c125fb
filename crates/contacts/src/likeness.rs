//! Names of contacts that people would take for one another.

use wimpex_confusables::{Likeness, Skeletons, TextForms};
use wimpex_protocol::{Name, UserId};

use crate::{Contact, Contacts};

/// A contact whose name is like another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Double {
    /// The contact's name.
    pub name: Name,
    /// How alike they are.
    pub likeness: Likeness,
}

impl Contacts {
    /// Whom this name would be mixed up with; `except` is who it is for. One of the same name comes
    /// before one whose name looks alike.
    pub fn double(
        &self,
        name: &Name,
        except: Option<&UserId>,
        forms: &impl TextForms,
    ) -> Option<Double> {
        let others = self.contacts.iter().filter(|it| Some(&it.id) != except);
        Names::of(others, forms).double(name, forms)
    }
}

/// Names in the forms in which they are compared: a file has thousands to compare with.
pub(crate) struct Names(Vec<(Name, Skeletons)>);

impl Names {
    pub(crate) fn of<'a>(
        contacts: impl Iterator<Item = &'a Contact>,
        forms: &impl TextForms,
    ) -> Self {
        let mut names = Self(Vec::new());
        for contact in contacts {
            names.push(&contact.name, forms);
        }
        names
    }

    pub(crate) fn push(&mut self, name: &Name, forms: &impl TextForms) {
        let skeletons = Skeletons::of(name.as_str(), forms);
        self.0.push((name.clone(), skeletons));
    }

    pub(crate) fn double(&self, name: &Name, forms: &impl TextForms) -> Option<Double> {
        let wanted = Skeletons::of(name.as_str(), forms);
        let like = self.0.iter().filter_map(|(name, skeletons)| {
            let likeness = skeletons.likeness(&wanted)?;
            Some(Double {
                name: name.clone(),
                likeness,
            })
        });
        like.min_by_key(|double| double.likeness)
    }
}
