import { Divider, Flex, Heading, Link, Text, hubspot } from '@hubspot/ui-extensions';

const CONSOLE = '${public_url}/console/';
const CONNECTION = '${connection}';

hubspot.extend<'settings'>(() => <Settings />);

const Settings = () => (
  <Flex direction="column" gap="small">
    <Heading>Leadline</Heading>
    <Text>
      This portal is Leadline's connection {CONNECTION}. Mapping, routing policy and the switch from shadow to live are kept where
      Leadline runs, so that they are versioned and nobody changes them by accident.
    </Text>
    <Link href={CONSOLE}>Open the console</Link>
    <Divider />
    <Text>Until somebody says `leadline golive`, Leadline writes its own properties only: no owner, no task.</Text>
  </Flex>
);
