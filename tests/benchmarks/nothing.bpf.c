/* At the hooks of each packet, programs that do nothing: what no counting can cost less. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup_skb/egress")
int skb_egress(struct __sk_buff *skb)
{
	return 1;
}

SEC("cgroup_skb/ingress")
int skb_ingress(struct __sk_buff *skb)
{
	return 1;
}

SEC("tp_btf/net_dev_start_xmit")
int net_dev_start_xmit(void *context)
{
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int netif_receive_skb(void *context)
{
	return 0;
}

SEC("tp_btf/sock_send_length")
int sock_send_length(void *context)
{
	return 0;
}

SEC("tp_btf/sock_recv_length")
int sock_recv_length(void *context)
{
	return 0;
}
