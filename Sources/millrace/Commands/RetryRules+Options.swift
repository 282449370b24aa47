import Configuration
import Edge
import Retries

extension RetryRules {
    init(_ options: RetryOptions, _ tenants: TenantOptions) {
        self.init()
        policy.keepTime = options.keepTime
        policy.byteCount = options.byteCount
        policy.replyByteCount = options.byteCount / 4
        policy.grace = options.grace
        sharesJobs = options.sharesJobs
        for tenant in tenants.tenants { sharingTenants[tenant.name] = tenant.sharesJobs }
    }
}
