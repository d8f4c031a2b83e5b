//! The parts that pages are made of.

mod as_command;
mod confirm;
mod copy;
mod dialog;
mod explain;
mod field;
mod form;
mod heading;
mod icon;
mod load;
mod menu;
mod pointer;
mod roster;
mod scroll;
mod state;
mod table;
mod time;
mod words;

pub(crate) use as_command::{AsCommand, Commands, as_call};
pub(crate) use confirm::{TypeName, letters_to_go};
pub(crate) use copy::{Code, Id};
pub(crate) use dialog::{Ask, Dialog, Foot};
pub(crate) use explain::{Evidence, Failure};
pub(crate) use field::{Area, Choice, ErrorOf, Field, Select, check, whole_number};
pub(crate) use form::{Form, FormState, Submit, Summary, changed, submit};
pub(crate) use heading::{Announcer, Heading, NotFound};
pub(crate) use icon::Icon;
pub(crate) use load::loading;
pub(crate) use menu::{Menu, MenuButton, hide_popover, press};
pub(crate) use pointer::{follow_pointer, when_released};
pub(crate) use roster::{Pick, Roster, Rows, link, row};
pub(crate) use scroll::remember_scroll;
pub(crate) use state::{Badge, State, Word, name as state_name};
pub(crate) use table::{Empty, Pager, nothing};
pub(crate) use time::{Clock, Moment, Time, day, now, span};
pub(crate) use words::{and, capital, grouped, many, ranges};
