//! Roles as policies: what each may do, in paths of the Vault-compatible API.

use api::Capability::{Create, Delete, List, Patch, Read, Sudo, Update};
use api::{GlobalRole, Role, WorkspaceAccess};

use super::acl::Acl;

/// What a role in a workspace allows below its mount.
pub(super) fn workspace(access: &WorkspaceAccess) -> Acl {
    let path = &access.path;
    let mut acl = Acl::default();
    acl.allow(format!("sys/mounts/{path}"), &[Read]);
    acl.allow(format!("{path}/*"), &[List, Read]);
    if access.role >= Role::Operator {
        acl.allow(format!("{path}/key/*"), &[Create, List, Read, Update]);
        acl.allow(format!("{path}/kms/+/key/*"), &[Create, Delete, List, Read, Update]);
    }
    if access.role >= Role::Admin {
        for pattern in ["*", "key/*", "kms/+/key/*"] {
            acl.allow(format!("{path}/{pattern}"), &[Create, Delete, List, Patch, Read, Sudo, Update]);
        }
    }
    acl
}

/// What a global role allows beside the workspaces that it opens.
pub(super) fn global(role: GlobalRole) -> Acl {
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
pub(super) fn default() -> Acl {
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
        let (slug, title) = ("k".parse().unwrap(), "K".parse().unwrap());
        workspace(&WorkspaceAccess { slug, path: "k".to_owned(), title, role })
    }
}
