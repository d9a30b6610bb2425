import { library } from '../../tsup.base.ts'

export default library(['src/index.ts', 'src/dialog/index.ts', 'src/invite/index.ts'])
