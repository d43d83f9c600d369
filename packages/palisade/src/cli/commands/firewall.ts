import { Command, Option } from '@commander-js/extra-typings';
import { type FirewallFormat, firewallFormats, firewallOfProject } from '../../index.ts';
import { fileOption, oneOf } from '../options.ts';
import { runJob } from '../run.ts';
import { writeResult } from '../terminal.ts';

/** `palisade firewall [dir]`. */
export const firewallCommand = () =>
  new Command('firewall')
    .description('rules for the firewall of the host that runs a hardened project; prints them and changes nothing')
    .argument('[dir]', 'project directory', '.')
    .addOption(fileOption())
    .addOption(
      new Option('--format <format>', firewallFormats.join(', '))
        .default<FirewallFormat>('nft')
        .argParser<FirewallFormat>(oneOf(firewallFormats)),
    )
    .addHelpText(
      'after',
      `
Examples:
  palisade firewall hardened | nft -c -f -                     try them
  palisade firewall hardened | sudo nft -f -                   load them, in place of what it loaded before
  palisade firewall hardened > /etc/nftables.d/shop.nft        for every start of the host
  palisade firewall hardened --format docker-user | sudo sh    on a host that is kept with iptables`,
    )
    .action((directory, options) =>
      runJob((context) =>
        firewallOfProject({ ...options, directory }, { ...context, color: false, result: writeResult }),
      ),
    );
