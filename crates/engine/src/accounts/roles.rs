//! Roles as policies: what each may do, in paths of the Vault-compatible API.

use api::Capability::{Create, Delete, List, Patch, Read, Sudo, Update};
use api::{GlobalRole, Role, Slug, WorkspaceAccess};

use super::acl::Acl;

/// The name of the policy that allows everything.
pub(crate) const ROOT: &str = "root";

/// The name of the policy of everybody.
pub(crate) const DEFAULT: &str = "default";

/// The name of the policy of global auditors.
pub(crate) const GLOBAL_AUDITOR: &str = "global-auditor";

/// Whether a name is one that no policy of a person may have.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, ROOT | DEFAULT | GLOBAL_AUDITOR) || name.contains(':')
}

/// The name of a role in a workspace as a policy.
pub(crate) fn name(access: &WorkspaceAccess) -> String {
    format!("workspace:{}:{}", access.slug, access.role)
}

/// The workspace and the role that a policy's name means.
pub(crate) fn named(name: &str) -> Option<(Slug, Role)> {
    let (slug, role) = name.strip_prefix("workspace:")?.split_once(':')?;
    Some((slug.parse().ok()?, role.parse().ok()?))
}

/// What a role in a workspace allows below its mount.
pub(crate) fn workspace(path: &str, role: Role) -> Acl {
    let mut acl = Acl::default();
    acl.allow(format!("sys/mounts/{path}"), &[Read]);
    for (at, _) in path.match_indices('/') {
        acl.allow(format!("{}/sys/mounts/{}", &path[..at], &path[at + 1..]), &[Read]);
    }
    acl.allow(format!("{path}/*"), &[List, Read]);
    if role >= Role::Operator {
        acl.allow(format!("{path}/key/*"), &[Create, List, Read, Update]);
        acl.allow(format!("{path}/kms/+/key/*"), &[Create, Delete, List, Read, Update]);
        acl.allow_everywhere("auth/token/create", &[Update]);
    }
    if role >= Role::Admin {
        for pattern in ["*", "key/*", "kms/+/key/*"] {
            acl.allow(format!("{path}/{pattern}"), &[Create, Delete, List, Patch, Read, Sudo, Update]);
        }
    }
    acl
}

/// What a global role allows beside the workspaces that it opens.
pub(crate) fn global(role: GlobalRole) -> Acl {
    match role {
        GlobalRole::None => Acl::default(),
        GlobalRole::Administrator => Acl::root(),
        GlobalRole::Auditor => {
            let mut acl = Acl::default();
            for pattern in ["sys/mounts*", "sys/policies*", "sys/policy*", "sys/namespaces*", "auth/userpass/users*"] {
                acl.allow_everywhere(pattern, &[List, Read]);
            }
            acl
        }
    }
}

/// What everybody may do: look at oneself and give oneself up.
pub(crate) fn default() -> Acl {
    let mut acl = Acl::default();
    acl.allow_everywhere("auth/token/lookup-self", &[Read]);
    acl.allow_everywhere("auth/token/renew-self", &[Update]);
    acl.allow_everywhere("auth/token/revoke-self", &[Update]);
    acl.allow_everywhere("sys/capabilities-self", &[Update]);
    acl.allow_everywhere("sys/internal/ui/*", &[List, Read]);
    acl
}

#[cfg(test)]
mod tests {
    use api::Capability;

    use super::*;

    #[test]
    fn each_role_may_what_the_console_lets_it_do() {
        let table = [
            ("k/key/pay", Read, Role::Auditor),
            ("k/key", List, Role::Auditor),
            ("k/kms/north", Read, Role::Auditor),
            ("k/kms/north/key/pay", Read, Role::Auditor),
            ("sys/mounts/k", Read, Role::Auditor),
            ("k/key/pay", Create, Role::Operator),
            ("k/key/pay/rotate", Update, Role::Operator),
            ("k/kms/north/key/pay", Update, Role::Operator),
            ("k/kms/north/key/pay", Delete, Role::Operator),
            ("k/key/pay", Delete, Role::Admin),
            ("k/kms/north", Create, Role::Admin),
            ("k/kms/north", Delete, Role::Admin),
        ];
        for (path, capability, least) in table {
            for role in Role::ALL {
                let allowed = acl(*role).allows(path, capability);
                assert_eq!(allowed, *role >= least, "{role} {capability} {path}");
            }
        }
    }

    #[test]
    fn a_role_opens_no_other_mount() {
        for path in ["k2/key/pay", "team/k/key/pay", "key/pay", "sys/mounts/other", "sys/policies/acl/p"] {
            for capability in Capability::ALL {
                assert!(!acl(Role::Admin).allows(path, *capability), "{capability} {path}");
            }
        }
    }

    fn acl(role: Role) -> Acl {
        workspace("k", role)
    }
}
